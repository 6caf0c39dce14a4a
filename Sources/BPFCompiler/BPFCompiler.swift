import Foundation
import PackagePlugin

/// Compiles every `<name>.bpf.c` of the target with the toolchain's own clang, strips the debug information (the BTF
/// stays) and emits one C file that embeds the objects as the table `<target>_objects`.
@main
struct BPFCompiler: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let clang = try context.tool(named: "clang").url
    let objcopy = try context.tool(named: "llvm-objcopy").url
    let work = context.pluginWorkDirectoryURL
    let folder = target.directoryURL
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let shared = folder.appending(path: "include")
    let headers = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(".h") }.map { folder.appending(path: $0) }

    var commands: [Command] = []
    var objects: [(name: String, file: URL)] = []
    for source in files where source.hasSuffix(".bpf.c") {
      let name = String(source.dropLast(".bpf.c".count))
      let full = work.appending(path: "\(name).debug.bpf.o")
      let stripped = work.appending(path: "\(name).bpf.o")
      commands.append(
        .buildCommand(
          displayName: "Compiling BPF program \(source)",
          executable: clang,
          arguments: [
            "-target", "bpf", "-mcpu=v3", "-O2", "-g", "-std=gnu2x", "-Wall", "-Wextra", "-Werror",
            "-Wno-unused-parameter", "-I", shared.path, "-fno-ident", "-fdebug-compilation-dir=.",
            "-ffile-prefix-map=\(folder.path)=bpf",
            Self.targetArchitecture,
          ] + Self.systemHeaders + [
            "-c", folder.appending(path: source).path, "-o", full.path,
          ],
          inputFiles: [folder.appending(path: source)] + headers,
          outputFiles: [full]))
      commands.append(
        .buildCommand(
          displayName: "Stripping BPF object \(name)",
          executable: objcopy,
          arguments: ["--strip-debug", full.path, stripped.path],
          inputFiles: [full],
          outputFiles: [stripped]))
      objects.append((name, stripped))
    }

    let template = work.appending(path: "objects.c.in")
    try writeIfChanged(Self.table(of: objects, prefix: target.name), to: template)
    let table = work.appending(path: "objects.c")
    commands.append(
      .buildCommand(
        displayName: "Embedding \(objects.count) BPF objects",
        executable: clang,
        arguments: ["-E", "-P", "-std=gnu2x", "-x", "c", template.path, "-o", table.path],
        inputFiles: [template] + objects.map(\.file),
        outputFiles: [table]))
    return commands
  }

  /// What `bpf_tracing.h` wants to know to read registers of the machine the object is built for.
  static var targetArchitecture: String {
    #if arch(x86_64)
      "-D__TARGET_ARCH_x86"
    #elseif arch(arm64)
      "-D__TARGET_ARCH_arm64"
    #else
      #error("wattprobe is built for x86-64 and arm64")
    #endif
  }

  /// Debian keeps `asm/` in a folder named after the architecture, which `-target bpf` does not search.
  static var systemHeaders: [String] {
    #if arch(x86_64)
      ["-idirafter", "/usr/include/x86_64-linux-gnu"]
    #else
      ["-idirafter", "/usr/include/aarch64-linux-gnu"]
    #endif
  }

  static func table(of objects: [(name: String, file: URL)], prefix: String) -> String {
    var text = "struct wattprobe_object { const char *name; const unsigned char *bytes; unsigned long size; };\n"
    for (index, object) in objects.enumerated() {
      text += "alignas(8) static const unsigned char object_\(index)[] = {\n#embed \"\(object.file.path)\"\n};\n"
    }
    text += "const struct wattprobe_object \(prefix)_objects[] = {\n"
    for (index, object) in objects.enumerated() {
      text += "{ \"\(object.name)\", object_\(index), sizeof object_\(index) },\n"
    }
    text += "};\nconst unsigned long \(prefix)_object_count = \(objects.count);\n"
    return text
  }

  func writeIfChanged(_ text: String, to file: URL) throws {
    if let old = try? String(contentsOf: file, encoding: .utf8), old == text { return }
    try text.write(to: file, atomically: true, encoding: .utf8)
  }
}
