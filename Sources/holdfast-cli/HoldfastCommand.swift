import ArgumentParser
import Holdfast

/// The command `holdfast`; each subcommand has a file of its own.
@main
struct HoldfastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holdfast",
    abstract: "What did instruction fine-tuning do to what a language model knows?",
    discussion: """
      Holdfast probes what a model knows, fine-tunes it, and says how consistent
      its knowledge stayed.

      EXIT STATUS
        0    done
        1    an internal failure, or `verify` found something
        2    bad input: the message names the file, the place and the remedy
        3    the gate of `compare` failed
        130  interrupted; finished work is kept, and the same command goes on
             where a study or a tuning stopped

      ENVIRONMENT
        HOLDFAST_NUM_THREADS  worker threads (default: the CPUs of this process)
        HOLDFAST_CPU          caps the kernels: avx512, avx2, neon or scalar
        HOLDFAST_BLAS         another CBLAS library to try, or `none`
        HOLDFAST_CACHE        the demo's model and questions
                              (default: ~/.cache/holdfast)
        HOLDFAST_PYTHON       the Python that draws reports
                              (default: .venv/bin/python, then python3)
      """,
    version: engineVersion,
    subcommands: [
      StudyCommand.self, ProbeCommand.self, TuneCommand.self, CompareCommand.self, GroupsCommand.self,
      JoinCommand.self, CaptureCommand.self, PatchCommand.self, DriftCommand.self, TraceCommand.self,
      LensCommand.self, GenerateCommand.self, TokenizeCommand.self, ExportCommand.self, InspectCommand.self,
      VerifyCommand.self, ReportCommand.self, BenchCommand.self, SystemInfoCommand.self,
    ])

  static func main() {
    Interruption.install()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Failure.exit(with: error)
    }
  }
}
