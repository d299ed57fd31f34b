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

let private small =
    [
        "bench"
        "train"
        "--tokens"
        "64"
        "--d"
        "16"
        "--latents"
        "128"
        "--rounds"
        "2"
        "--json"
    ]

[<Fact>]
let ``both ways are measured, and the one of the rule is named`` () =
    use folder = new TemporaryFolder()

    for k, rule in [ "4", "sparse"; "64", "dense" ] do
        let outcome = run folder.Path (small @ [ "--k"; k; "--way"; "both" ])
        Assert.True((outcome.Code = 0), outcome.Errors)
        use json = JsonDocument.Parse outcome.Output
        let ways = json.RootElement.GetProperty "ways"
        let number (name: string) = ways.GetProperty(name).GetDouble()
        Assert.Equal<string | null>(rule, ways.GetProperty("rule").GetString())

        Assert.Equal<bool>(
            (rule = "dense") = (number "dense_ms" < number "sparse_ms"),
            ways.GetProperty("rule_is_faster").GetBoolean()
        )

[<Fact>]
let ``a kernel that does not measure has no parts, and a kind without a K no k`` () =
    use folder = new TemporaryFolder()

    let outcome =
        run folder.Path (small @ [ "--k"; "4"; "--kernel"; "aten"; "--kind"; "gated" ])

    Assert.True((outcome.Code = 0), outcome.Errors)
    use json = JsonDocument.Parse outcome.Output
    Assert.False(fst (json.RootElement.TryGetProperty "parts"))
    Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("k").ValueKind)

[<Fact>]
let ``wrong sizes are one sentence`` () =
    use folder = new TemporaryFolder()
    let outcome = run folder.Path [ "bench"; "train"; "--k"; "99"; "--latents"; "9" ]
    Assert.Equal(2, outcome.Code)
    Assert.Contains("K is 99, more than the dictionary's 9 latents", outcome.Errors)
    let outcome = run folder.Path [ "bench"; "train"; "--latents"; "1000000000" ]
    Assert.Equal(2, outcome.Code)
    Assert.Contains("1000000000 latents", outcome.Errors)
    Assert.DoesNotContain("Please report", outcome.Errors)
    let outcome = run folder.Path [ "bench"; "train"; "--kind"; "dense" ]
    Assert.Equal(2, outcome.Code)
    Assert.Contains("There is no kind 'dense'", outcome.Errors)
