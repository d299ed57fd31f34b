/// `interp studio`: the web page that shows a dictionary's latents and moves the model.
module Interp.Cli.StudioCommand

open System
open System.Runtime.InteropServices
open System.Threading
open Argu
open Interp.Cli.Arguments
open Interp.Studio

type StudioCommandOptions =
    | Port of number: string

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Port _ -> "port of this machine's loopback address (default 5000); 0 takes a free one."

let private examples = [ "studio"; "studio --port 0" ]

/// Waits for Ctrl-C or SIGTERM; the exit code is the usual one of that signal.
let private untilStopped () =
    use stopped = new ManualResetEventSlim()
    let mutable code = 130

    let stop signal (context: PosixSignalContext) =
        context.Cancel <- true
        code <- signal
        stopped.Set()

    use _ = PosixSignalRegistration.Create(PosixSignal.SIGINT, stop 130)
    use _ = PosixSignalRegistration.Create(PosixSignal.SIGTERM, stop 143)
    stopped.Wait()
    code

let private assets () =
    match Environment.GetEnvironmentVariable "INTERP_STUDIO_ASSETS" with
    | null
    | "" -> null
    | folder -> folder

let private run arguments =
    let options = parse<StudioCommandOptions> "studio" examples arguments

    let settings =
        StudioOptions(Port = wholeNumber "--port" 0 (options.GetResult(Port, "5000")), Assets = assets ())

    let server = StudioServer.StartAsync(settings).GetAwaiter().GetResult()
    printfn "Studio: %O" server.Address
    Console.Out.Flush()
    let code = untilStopped ()
    server.DisposeAsync().AsTask().GetAwaiter().GetResult()
    code

let command =
    {
        Name = "studio"
        Summary = "the web page that shows a dictionary's latents and moves the model"
        Examples = examples
        Run = run
    }
