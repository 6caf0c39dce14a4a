import ArgumentParser
import Collectors

/// How many tasks the programs at the scheduler's hooks, system calls, faults and locks follow.
struct SchedulerArguments: CollectorArguments {
  @Option(
    name: .customLong("sched.tasks"),
    help: ArgumentHelp(
      "Tasks that can be timed at once, where the kernel has no task storage.", valueName: "count"))
  var tasks = SchedulerOptions().tasks

  func validate() throws { try Bounds.check("sched.tasks", tasks, in: 1024...16_777_216) }

  func apply(to options: inout CollectorOptions) { options.scheduler.tasks = tasks }
}
