/// Runs the program as a user does: a process of its own in a folder of its own.
module Interp.Tests.CommandLine

open System
open System.Diagnostics
open System.IO

type Outcome =
    {
        Code: int
        Output: string
        Errors: string
    }

/// The repository that the tests were built in.
let repository =
    let rec search (folder: DirectoryInfo | null) =
        match folder with
        | null -> failwith "The tests run inside the repository."
        | folder when File.Exists(Path.Combine(folder.FullName, "paket.dependencies")) -> folder.FullName
        | folder -> search folder.Parent

    search (DirectoryInfo AppContext.BaseDirectory)

let program = Path.Combine(AppContext.BaseDirectory, "Interp.Cli.dll")

/// Starts the program with some environment variables set.
let startWith (environment: (string * string) list) (folder: string) (arguments: string list) =
    let info =
        ProcessStartInfo(
            "dotnet",
            program :: arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    info.Environment.Remove "INTERP_STORE" |> ignore

    for name, value in environment do
        info.Environment[name] <- value

    match Process.Start info with
    | null -> failwith "dotnet did not start"
    | child -> child

let start folder arguments = startWith [] folder arguments

let finish (child: Process) =
    let output = child.StandardOutput.ReadToEndAsync()
    let errors = child.StandardError.ReadToEndAsync()
    child.WaitForExit()

    {
        Code = child.ExitCode
        Output = output.Result
        Errors = errors.Result
    }

let runWith environment folder arguments =
    use child = startWith environment folder arguments
    finish child

let run folder arguments = runWith [] folder arguments

/// A folder that is gone afterwards.
type TemporaryFolder() =
    let path = Directory.CreateTempSubdirectory("interp-test-").FullName
    member _.Path = path
    member _.Child name = Path.Combine(path, name)

    interface IDisposable with
        member _.Dispose() = Directory.Delete(path, true)

/// A config of the repository, by its name.
let config name =
    Path.Combine(repository, "configs", name)
