/// What moves a stage's key, and what does not.
module Interp.Tests.KeyTests

open System
open System.Globalization
open System.IO
open System.Text.Json
open FsCheck.Xunit
open Interp
open Interp.Runtime
open Interp.Tests.CommandLine
open Xunit

let private inputs =
    lazy Inputs(Directory.CreateTempSubdirectory("interp-keys-").FullName)

let private stages spec =
    Stage.ofCell inputs.Value { Axes = []; Spec = spec }

let private keys spec =
    stages spec |> List.map (fun stage -> stage.Name, stage.Key)

/// A random spec of the embedded model and text.
let private onWorld (spec: Spec) =
    { Spec.Default with
        Sae = spec.Sae
        Train = spec.Train
        Evaluate = spec.Evaluate
        Seed = spec.Seed
        Corpus.TrainTokens = spec.Corpus.TrainTokens
        Corpus.ValidationTokens = spec.Corpus.ValidationTokens
        Extract.SkipPositions = spec.Extract.SkipPositions
        Extract.SkipNorm = spec.Extract.SkipNorm
    }

[<Property(Arbitrary = [| typeof<SpecTests.Specs> |])>]
let ``keys are the same exactly when what is read is the same`` (left: Spec) (right: Spec) =
    let left, right = onWorld left, onWorld right

    let sameSettings =
        SpecFields.diff (TrainingRecipe.read left) (TrainingRecipe.read right) |> List.isEmpty

    (keys left = keys right) = sameSettings

[<Property(Arbitrary = [| typeof<SpecTests.Specs> |])>]
let ``a changed field of the training moves the keys of training and evaluation alone`` (spec: Spec) (other: Spec) =
    let spec = onWorld spec
    let changed = { spec with Train = other.Train }

    let moved =
        List.zip (keys spec) (keys changed)
        |> List.filter (fun (before, after) -> before <> after)
        |> List.map (fst >> fst)

    moved =
        (if spec.Train = other.Train then
             []
         else
             [ "train"; "evaluate" ])

[<Property(Arbitrary = [| typeof<SpecTests.Specs> |])>]
let ``neither culture nor the order of fields moves a key`` (spec: Spec) (seed: int) =
    let spec = onWorld spec
    let before = keys spec
    let culture = CultureInfo.CurrentCulture

    try
        CultureInfo.CurrentCulture <- CultureInfo.GetCultureInfo "tr-TR"

        let shuffled =
            match SpecFields.toCanon spec with
            | Canon.Fields fields -> fields |> List.randomShuffleWith (Random seed) |> Canon.Fields
            | value -> value

        (SpecFields.ofCanon shuffled |> Result.map keys) = Ok before
    finally
        CultureInfo.CurrentCulture <- culture

let private moved path value =
    match SpecFields.setText path value Spec.Default with
    | Error error -> failwith error
    | Ok spec ->
        List.zip (keys Spec.Default) (keys spec)
        |> List.filter (fun (before, after) -> before <> after)
        |> List.map (fst >> fst)

[<Fact>]
let ``the kind of device, the precision and the kernel are part of keys, the number of a device is not`` () =
    Assert.Equal<string list>(Stage.names, moved "device" "cuda")
    Assert.Equal<string list>(Stage.names, moved "precision" "float64")
    Assert.Equal<string list>([ "train"; "evaluate" ], moved "kernel" "aten")

    let onDevice name =
        keys { Spec.Default with Device = name }

    Assert.Equal<(string * string) list>(onDevice "cuda:0", onDevice "cuda:1")

[<Fact>]
let ``the key is the digest of all inputs, the version of the stage among them`` () =
    for stage in stages Spec.Default do
        Assert.Equal(stage.Key, Canonical.digest (Canon.Fields stage.Inputs))

        for name, _ in stage.Inputs do
            let changed =
                stage.Inputs
                |> List.map (fun (field, value) -> field, (if field = name then Canon.Text "other" else value))

            Assert.NotEqual<string>(stage.Key, Canonical.digest (Canon.Fields changed))

        Assert.Contains("stageVersion", List.map fst stage.Inputs)

[<Fact>]
let ``a comment, threads, and the machine's culture move no key of a config`` () =
    use folder = new TemporaryFolder()

    let config =
        """
open Interp

Experiment.create "plain"
|> Experiment.activations (Hook.residPost 1) (Corpus.world 4_000 |> Corpus.validation 1_000)
|> Experiment.train (Train.learningRate 0.5e-3)
"""

    File.WriteAllText(folder.Child "plain.fsx", config)
    File.WriteAllText(folder.Child "comment.fsx", "// A comment.\n" + config.Replace("0.5e-3", "(* half *) 5e-4"))

    let keys file threads language =
        let outcome =
            runWith [ "LC_ALL", language ] folder.Path [ "plan"; file; "--json"; "--threads"; threads ]

        Assert.True((outcome.Code = 0), outcome.Errors)
        use json = JsonDocument.Parse outcome.Output

        [
            for stage in json.RootElement.GetProperty("stages").EnumerateArray() -> string (stage.GetProperty "key")
        ]

    Assert.Equal<string list>(keys "plain.fsx" "1" "C.UTF-8", keys "comment.fsx" "3" "tr_TR.UTF-8")

/// What the tiny experiment's stages gave, by version of the stage. INTERP_RECORD=1 writes it.
let private recorded =
    Path.Combine(repository, "tests", "fixtures", "stages", "mini.json")

let private processor () =
    let isName (line: string) = line.StartsWith "model name"

    match
        if File.Exists "/proc/cpuinfo" then
            File.ReadLines "/proc/cpuinfo" |> Seq.tryFind isName
        else
            None
    with
    | Some line -> line.Substring(line.IndexOf ':' + 1).Trim()
    | None -> "unknown"

[<Fact>]
let ``a stage whose output changes has another version`` () =
    use folder = new TemporaryFolder()
    let store = Miniature.openStore folder "store"
    Miniature.run store (Miniature.experiment [ 4 ]) |> ignore
    let report = SystemReport.Take()

    let machine =
        Canon.Text $"{processor ()}, {report.VectorLevel}, libtorch {report.Libtorch}"

    let metrics =
        let artifact = store.Artifacts "evaluate" |> List.exactlyOne
        Numbers.read (Path.Combine(store.Folder "evaluate" artifact.Key, "metrics.json"))

    let stages =
        store.All
        |> List.map (fun artifact ->
            artifact.Stage,
            Canon.Fields
                [
                    "version", Map.ofList(artifact.Inputs)["stageVersion"]
                    "outputs",
                    artifact.Outputs |> List.map (fun (file, digest) -> file, Canon.Text digest) |> Canon.Fields
                ])

    let found =
        Canon.Fields
            [
                "machine", machine
                "metrics",
                metrics |> Map.toList |> List.map (fun (name, value) -> name, Canon.Number value) |> Canon.Fields
                "stages", Canon.Fields stages
            ]

    if Environment.GetEnvironmentVariable "INTERP_RECORD" = "1" then
        Interp.Formats.AtomicFile.WriteText(recorded, Canonical.print found)

    match Canonical.parse (File.ReadAllText recorded) with
    | Error error -> failwith error
    | Ok before ->
        for name, stage in stages do
            let old = Canonical.fields "stages" before |> List.find (fst >> (=) name) |> snd

            let advice =
                $"Stage {name}: raise its version in Stage.fs when its output changes, and record with INTERP_RECORD=1."

            Assert.True((Canonical.tryField "version" old = Canonical.tryField "version" stage), advice)

            // Another processor may sum in another order.
            if Canonical.tryField "machine" before = Some machine then
                let outputs value =
                    Canonical.fields "outputs" value |> List.sortBy fst

                Assert.True((outputs old = outputs stage), advice)

        for name, value in Canonical.fields "metrics" before do
            match value with
            | Canon.Number expected ->
                let tolerance = 1e-3 * max 1e-2 (abs expected)
                Assert.True(abs (metrics[name] - expected) <= tolerance, $"{name}: {expected} is now {metrics[name]}")
            | other -> failwith $"{name} is {other}"
