import ArgumentParser

@main
struct VirtualWorkload: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virtual-workload",
        abstract: "A DNN workload for the virtual Jetson: real processes and driver calls.",
        subcommands: [Train.self, Infer.self])
}
