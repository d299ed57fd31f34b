/// A plan says in words why a stage is a miss.
module Interp.Tests.MissReasonTests

open System.IO
open System.IO.Compression
open Xunit
open Interp
open Interp.Tests.CommandLine

let private edit edits spec =
    (spec, edits)
    ||> List.fold (fun spec (path, value) ->
        match SpecFields.setText path value spec with
        | Ok spec -> spec
        | Error error -> failwith error)

let private cell spec = { Axes = []; Spec = spec }

/// A store with empty artifacts of a spec.
let private withArtifacts (spec: Spec) test =
    use folder = new TemporaryFolder()
    let store = Miniature.openStore folder "store"

    for stage in Stage.ofCell (Inputs store.Root) (cell spec) do
        store.Make stage.Name stage.Key stage.Inputs (fun work ->
            Provenance.write (Inputs store.Root) RunOptions.Default "before" stage work 1.0)

    test store

let private reasons (store: Store) spec =
    let experiment =
        { Experiment.create "now" with
            Cells = [ cell spec ]
        }

    Plan.make RunOptions.Default (Inputs store.Root) store experiment
    |> List.filter (fun planned -> planned.State <> Hit)
    |> List.map (fun planned -> planned.Stage.Name, planned.Reason)

let private check before now expected =
    withArtifacts (edit before Spec.Default) (fun store ->
        let found = reasons store (edit (before @ now) Spec.Default)
        Assert.Equal<(string * string) list>(expected, found))

[<Fact>]
let ``a changed setting is named with both values, and by the stages that follow`` () =
    check
        []
        [ "train.kSchedule", "linear:512:0.25" ]
        [
            "train", "train.kSchedule changed: constant → linear:512:0.25"
            "evaluate", "of its train stage, train.kSchedule changed: constant → linear:512:0.25"
        ]

[<Fact>]
let ``a setting that is left out of keys has its default`` () =
    let train reason =
        [ "train", reason; "evaluate", $"of its train stage, {reason}" ]

    check [] [ "train.shuffle", "4096" ] (train "train.shuffle changed: none → 4096")
    check [ "train.shuffle", "4096" ] [ "train.shuffle", "none" ] (train "train.shuffle changed: 4096 → none")

[<Fact>]
let ``the first of several changes is named, with their number`` () =
    check
        []
        [ "sae.k", "16"; "train.batch", "64"; "seed", "3" ]
        [
            "train", "sae.k changed: 32 → 16 (and 2 more)"
            "evaluate", "of its train stage, sae.k changed: 32 → 16 (and 2 more)"
        ]

[<Fact>]
let ``more text is told in tokens`` () =
    withArtifacts Spec.Default (fun store ->
        let found =
            reasons store (edit [ "corpus.trainTokens", "400000" ] Spec.Default) |> Map.ofList

        Assert.Equal("tokens of training text changed: 200 064 → 400 000", found["extract"])
        Assert.StartsWith("corpus.trainTokens changed: 200000 → 400000", found["train"])
        Assert.Equal("of its extract stage, " + found["extract"], found["baseline"]))

[<Fact>]
let ``the nearest artifact is the one that differs in the fewest settings, of the stages before it too`` () =
    use folder = new TemporaryFolder()
    let store = Miniature.openStore folder "store"
    let inputs = Inputs store.Root

    // All of these differ from what is planned in their training alone; one of them by a single setting.
    let others =
        [
            for k in 40..48 -> [ "sae.k", string k; "train.batch", "64"; "train.passes", "2"; "seed", "7" ]
        ]
        @ [ [ "sae.k", "16" ] ]

    for edits in others do
        for stage in Stage.ofCell inputs (cell (edit edits Spec.Default)) do
            store.Make stage.Name stage.Key stage.Inputs (fun work ->
                Provenance.write inputs RunOptions.Default "before" stage work 1.0)

    let expected = "sae.k changed: 16 → 32"

    Assert.Equal<(string * string) list>(
        [ "train", expected; "evaluate", $"of its train stage, {expected}" ],
        reasons store Spec.Default
    )

    // Where the trainings were collected, the settings that were noted of the evaluations tell.
    for artifact in store.Artifacts "train" do
        store.Remove "train" artifact.Key

    Assert.Equal($"of its train stage, {expected}", (reasons store Spec.Default |> Map.ofList)["evaluate"])

let private withText lines test =
    use folder = new TemporaryFolder()
    let path = folder.Child "text.jsonl.gz"

    let write lines =
        use stream = new GZipStream(File.Create path, CompressionMode.Compress)
        use writer = new StreamWriter(stream)

        for number in 1..lines do
            writer.WriteLine $"{{\"text\": \"document {number}\"}}"

    write lines

    let spec =
        { Spec.Default with
            Corpus.Source = TextFile path
            Train.Batch = 1
        }

    withArtifacts spec (fun store -> test write (fun () -> reasons store spec |> Map.ofList))

[<Fact>]
let ``a changed text is told by file and lines`` () =
    withText 10 (fun write reasons ->
        Assert.Empty(reasons ())
        write 13
        Assert.Equal("corpus digest changed: file text.jsonl.gz, 3 lines added", Map.find "extract" (reasons ()))
        write 9
        Assert.Equal("corpus digest changed: file text.jsonl.gz, 1 line removed", Map.find "extract" (reasons ()))

        Assert.Equal(
            "of its extract stage, corpus digest changed: file text.jsonl.gz, 1 line removed",
            Map.find "train" (reasons ())
        ))

[<Fact>]
let ``a newer version of a stage is told as such`` () =
    withArtifacts Spec.Default (fun store ->
        let artifact = store.Artifacts "train" |> List.exactlyOne
        let record = Path.Combine(store.Folder "train" artifact.Key, "artifact.json")
        let old = File.ReadAllText record
        let version = Map.ofList(artifact.Inputs)["stageVersion"] |> Canonical.encode
        File.WriteAllText(record, old.Replace($"\"stageVersion\": {version}", "\"stageVersion\": 1"))

        let stages = Stage.ofCell (Inputs store.Root) (cell Spec.Default)
        let train = stages |> List.find (fun stage -> stage.Name = "train")

        Assert.Equal(
            $"the program's version of this stage changed: 1 → {version}",
            MissReason.find (Inputs store.Root) (KnownArtifacts store) stages train
        ))

[<Fact>]
let ``an empty store has never run anything`` () =
    use folder = new TemporaryFolder()
    let found = reasons (Miniature.openStore folder "none") Spec.Default
    Assert.Equal<string list>(List.replicate 4 "never run", List.map snd found)

[<Fact>]
let ``files are noted with their lines, compressed or not`` () =
    use folder = new TemporaryFolder()

    let facts (name: string) (text: string) =
        File.WriteAllText(folder.Child name, text)
        FileFacts.ofFile (folder.Child name)

    Assert.Equal(Some 2L, (facts "a.txt" "one\ntwo").Lines)
    Assert.Equal(Some 2L, (facts "a.txt" "one\ntwo\n").Lines)
    Assert.Equal(Some 0L, (facts "a.txt" "").Lines)
    Assert.Equal(None, (facts "a.parquet" "one\n").Lines)
    let one, two = facts "a.csv" "x", facts "a.csv" "yz"
    Assert.Equal(Some one, FileFacts.ofCanon (FileFacts.toCanon one))
    Assert.Equal<string list>([ "file a.csv, other text in as many lines" ], FileFacts.differences [ one ] [ two ])
    Assert.Equal<string list>([ "file a.csv is gone" ], FileFacts.differences [ one ] [])
    Assert.Equal<string list>([], FileFacts.differences [ one ] [ one ])
