module Interp.Tests.KSearchTests

open System.IO
open Xunit
open Interp
open Interp.Tests.CommandLine

/// Runs a config of the original work's sweeps on a checkpoint made by the test.
let private table name makeModel edits =
    use folder = new TemporaryFolder()
    makeModel (folder.Child "model")
    Checkpoints.corpus (folder.Child "text.jsonl") 400

    let small =
        [
            "corpus.trainTokens=4000"
            "corpus.validationTokens=1000"
            "evaluate.deadTokens=2000"
            "evaluate.lossTokens=500"
            "train.curveTokens=500"
        ]
        @ edits

    let outcome =
        run
            folder.Path
            ([ "run"; config $"{name}.fsx"; "--model"; "model"; "--corpus"; "text.jsonl" ]
             @ (small |> List.collect (fun edit -> [ "--set"; edit ])))

    Assert.True((outcome.Code = 0), outcome.Errors)
    Results.parse name (File.ReadAllText(folder.Child $"results/{name}/table.csv"))

let private check (results: Results) ks =
    Assert.Equal(2 * List.length ks, results.Cells.Length)

    for k in ks do
        for schedule in [ "constant"; "linear" ] do
            let cell =
                results.Cells |> List.find (fun cell -> cell.Axes = [ "k", string k; "schedule", schedule ])

            Assert.Equal("ok", cell.Status)
            Assert.InRange(cell.Metrics["fvu"], 0.0, 2.0)
            Assert.InRange(cell.Metrics["l0"], 0.0, float k)

[<Fact>]
let ``the Phi sweep runs to its table on a random checkpoint`` () =
    let results = table "ksearch-phi" Checkpoints.phi []
    check results [ 24; 32; 48; 64; 100; 128; 256 ]
    Assert.Equal(float (4 * 64), results.Cells.Head.Metrics["latents"])
    Assert.Equal(float (15 * 4000 / 400), results.Cells.Head.Metrics["steps"])

[<Fact>]
let ``the Mistral sweep runs to its table on a random checkpoint`` () =
    let results =
        table "ksearch-mistral" Checkpoints.mistral [ "sae.size=x8"; "train.passes=4" ]

    check results [ 12; 24; 48 ]
