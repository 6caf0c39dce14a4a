import BPFPrograms

extension LayoutTests {
  /// The structs of trees of processes, and what the other iterator writes of memory.
  static let treeLayouts = [
    Layout(
      MemoryRecord.self, of: "process",
      [
        "kind": \.kind, "tgid": \.tgid, "pid": \.pid, "unused": \.unused, "resident_bytes": \.resident_bytes,
        "virtual_bytes": \.virtual_bytes,
      ]),
    Layout(
      TreeRoot.self, of: "tree",
      ["tgid": \.tgid, "has_ended": \.has_ended, "earlier_pages": \.earlier_pages, "pages": \.pages]),
    Layout(
      TreePerCPU.self, of: "tree",
      [
        "ended": \.ended, "offcpu_ns": \.offcpu_ns, "processes": \.processes, "threads": \.threads,
        "programs": \.programs, "ended_processes": \.ended_processes, "failed_processes": \.failed_processes,
        "ended_tasks": \.ended_tasks, "freed_tasks": \.freed_tasks, "received_bytes": \.received_bytes,
        "sent_bytes": \.sent_bytes, "peak_pages": \.peak_pages, "began_ns": \.began_ns, "lost": \.lost,
        "padding": \.padding,
      ]),
    Layout(TreeCalls.self, of: "tree", ["calls": \.calls, "errors": \.errors, "ns": \.ns]),
    Layout(TreeProcessKey.self, of: "tree", ["tgid": \.tgid, "tree": \.tree, "start_ns": \.start_ns]),
    Layout(
      TreeProcess.self, of: "tree",
      [
        "used": \.used, "peak_pages": \.peak_pages, "parent": \.parent, "exit_code": \.exit_code,
        "has_ended": \.has_ended, "unused": \.unused, "comm": \.comm,
      ]),
    Layout(TreeCallKey.self, of: "tree", ["process": \.process, "call": \.call, "unused": \.unused]),
    Layout(TreeCall.self, of: "tree", ["calls": \.calls, "errors": \.errors, "ns": \.ns]),
    Layout(
      TreeRecord.self, of: "tree",
      [
        "process": \.process, "pid": \.pid, "parent": \.parent, "usage": \.usage, "peak_pages": \.peak_pages,
        "offcpu_ns": \.offcpu_ns, "offcpu_reason": \.offcpu_reason,
        "comm": \.comm,
      ]),
    Layout(
      TreeConfig.self, of: "tree",
      [
        "kinds": \.kinds, "sigreturn": \.sigreturn, "trees": \.trees, "by_process": \.by_process,
        "until_programs": \.until_programs, "unused": \.unused,
      ]),
  ]
}
