/// Processors with other vector instructions give the same bits.
module Interp.Tests.PortableKernelTests

open System.Diagnostics
open System.IO
open Xunit
open Interp.Tests.CommandLine

[<Fact>]
let ``the kernel without AVX gives the bits of the one with it`` () =
    let verify portable =
        let info =
            ProcessStartInfo(
                "dotnet",
                [
                    program
                    "verify"
                    "training"
                    Path.Combine(repository, "tests", "fixtures", "training", "openai-topk")
                    "--json"
                ],
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        if portable then
            info.Environment["DOTNET_EnableAVX"] <- "0"

        match Process.Start info with
        | null -> failwith "dotnet did not start"
        | child ->
            use child = child
            let outcome = finish child
            Assert.True((outcome.Code = 0), outcome.Errors)
            outcome.Output

    Assert.Equal(verify false, verify true)
