module Interp.Cli.Program

[<EntryPoint>]
let main _ =
    printfn "%O" (Interp.Runtime.Libtorch.Load())
    0
