module Interp.Tests.BenchTests

open System.Text.Json
open Xunit
open Interp.Tests.CommandLine

[<Theory>]
[<InlineData("--aux")>]
[<InlineData("--kind=gated")>]
[<InlineData("--kind=transcoder")>]
[<InlineData("--kind=skip-transcoder --saes=2")>]
[<InlineData("--saes=2")>]
[<InlineData("--clip")>]
let ``the benchmark prints what it measured, and leaves no tensor behind`` (option: string) =
    use folder = new TemporaryFolder()

    let sizes =
        [
            "--tokens"
            "64"
            "--d"
            "16"
            "--latents"
            "128"
            "--k"
            "4"
            "--rounds"
            "2"
            "--json"
        ]

    let outcome =
        run folder.Path ([ "bench"; "train" ] @ sizes @ (option.Split([| '='; ' ' |]) |> List.ofArray))

    Assert.True((outcome.Code = 0), outcome.Errors)
    use json = JsonDocument.Parse outcome.Output

    let number (name: string) =
        json.RootElement.GetProperty(name).GetDouble()

    Assert.Equal(number "ratio", number "step_ms" / number "gemm_ms", 9)

    for name in [ "gemm_gflops"; "memory_ratio"; "copy_gb_per_s" ] do
        Assert.True(number name > 0.0, name)

    Assert.Equal(number "live_tensors_before", number "live_tensors_after")
    let sideBySide = json.RootElement.GetProperty("side_by_side").ValueKind
    Assert.Equal<bool>((option.Contains "--saes=2"), (sideBySide = JsonValueKind.Number))
    let kernel = json.RootElement.GetProperty("kernel").GetString()
    Assert.Equal<string | null>("cpu", kernel)
    Assert.Equal(7, json.RootElement.GetProperty("parts").EnumerateObject() |> Seq.length)

[<Fact>]
let ``wrong sizes are one sentence`` () =
    use folder = new TemporaryFolder()
    let outcome = run folder.Path [ "bench"; "train"; "--k"; "99"; "--latents"; "9" ]
    Assert.Equal(2, outcome.Code)
    Assert.Contains("K is 99, more than the dictionary's 9 latents", outcome.Errors)
    let outcome = run folder.Path [ "bench"; "train"; "--kind"; "dense" ]
    Assert.Equal(2, outcome.Code)
    Assert.Contains("There is no kind 'dense'", outcome.Errors)
