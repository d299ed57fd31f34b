namespace Interp.Tests

open Interp.Runtime
open Xunit

/// Loads libtorch before the first test: tests begin on several threads, and TorchSharp searches by itself on each.
type LibtorchReady() =
    do Libtorch.Load() |> ignore

[<assembly: AssemblyFixture(typeof<LibtorchReady>)>]
do ()
