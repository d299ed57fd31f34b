/// Making the model of the embedded world, in small.
module Interp.Tests.WorldTrainingTests

open System
open System.IO
open Interp
open Interp.Models
open Interp.Pretraining
open Interp.Tokenization
open Xunit

let private inTemporaryFolder (work: string -> unit) =
    let folder =
        Path.Combine(Path.GetTempPath(), "interp-" + Guid.NewGuid().ToString "N")

    try
        work folder
    finally
        if Directory.Exists folder then
            Directory.Delete(folder, true)

let private small (folder: string) =
    { WorldTrainingOptions.Default with
        VocabularySize = 500
        TokenizerDocuments = 100
        ContextLength = 64
        Steps = 2
        ValidationDocuments = 10
        ProbeDocuments = 12
        Interval = 1
        WorkFolder = Path.Combine(folder, "work")
    }

[<Fact>]
let ``a small run writes a model folder that opens, with curve, probes and figures`` () =
    inTemporaryFolder (fun folder ->
        let target = Path.Combine(folder, "model")
        let result = WorldTraining.run target (small folder)
        use model = LanguageModel.Load(target, TorchSharp.torch.CPU)
        let tokenizer = Tokenizer.Load target
        Assert.Equal(tokenizer.VocabularySize, model.Config.VocabularySize)
        Assert.Equal(Nullable 1, tokenizer.BosId)
        Assert.Equal(Nullable 2, tokenizer.EosId)
        Assert.Equal<int list>([ 1; 2 ], [ for point in result.Curve -> point.Step ])
        Assert.Equal(World.concepts.Length, result.Probes.Length)
        Assert.InRange(result.GrammarBound, 0.01, result.ValidationLoss)

        for name in [ "training-curve.csv"; "probes.csv"; "README.md"; "generation_config.json" ] do
            Assert.True(File.Exists(Path.Combine(target, name)), name))

[<Fact>]
let ``a run that finds its checkpoint complete gives the same files`` () =
    inTemporaryFolder (fun folder ->
        let first, second = Path.Combine(folder, "first"), Path.Combine(folder, "second")
        WorldTraining.run first (small folder) |> ignore
        WorldTraining.run second (small folder) |> ignore

        for file in DirectoryInfo(first).GetFiles() do
            Assert.Equal<byte[]>(File.ReadAllBytes file.FullName, File.ReadAllBytes(Path.Combine(second, file.Name))))
