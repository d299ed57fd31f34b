/// Ctrl-C and SIGTERM end long work between two steps of it.
module Interp.Cli.Interruption

open System
open System.Runtime.InteropServices
open System.Threading

/// Does work that can be stopped; a stopped one says how to go on, from what was saved or anew, and ends with 130, or 143 after SIGTERM.
let stoppableAfter (isSaved: unit -> bool) (typed: string) (work: CancellationToken -> int) =
    use source = new CancellationTokenSource()
    let terminated = ref false

    let interrupt =
        ConsoleCancelEventHandler(fun _ signal ->
            signal.Cancel <- true
            source.Cancel())

    let terminate (context: PosixSignalContext) =
        context.Cancel <- true
        terminated.Value <- true
        source.Cancel()

    Console.CancelKeyPress.AddHandler interrupt
    use _ = PosixSignalRegistration.Create(PosixSignal.SIGTERM, terminate)

    try
        try
            work source.Token
        with :? OperationCanceledException ->
            let how =
                if isSaved () then
                    "Stopped, and saved; the same command goes on from here"
                else
                    "Stopped before anything was saved; the same command begins anew"

            eprintfn "\n%s:\n    %s" how typed
            if terminated.Value then 143 else 130
    finally
        Console.CancelKeyPress.RemoveHandler interrupt

/// The same for work that saves as it goes.
let stoppable typed work =
    stoppableAfter (fun () -> true) typed work
