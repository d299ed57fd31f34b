namespace Interp.Tests

open System
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open System.Threading.Tasks
open Xunit
open Interp
open Interp.Runtime
open Interp.Tests.CommandLine

[<AutoOpen>]
module internal StoreFixture =
    let fails (hint: string) (action: unit -> unit) =
        let error = Assert.Throws<InterpException>(fun () -> action ())
        Assert.Contains(hint, error.Message)

    let only stage (store: Store) =
        store.Artifacts stage |> List.exactlyOne

    let copyStore (from: Store) (target: Store) =
        for file in Directory.GetFiles(from.Root, "*", SearchOption.AllDirectories) do
            let copy = Path.Combine(target.Root, Path.GetRelativePath(from.Root, file))
            Directory.CreateDirectory(Path.GetDirectoryName copy |> string) |> ignore
            File.Copy(file, copy)

    let withCopy (original: Store) test =
        use folder = new TemporaryFolder()
        let store = Miniature.openStore folder "store"
        copyStore original store
        test folder store

/// A store with one cell and a store with two, made once and copied by each test.
type Stores() =
    let folder = new TemporaryFolder()
    let one, two = Miniature.openStore folder "one", Miniature.openStore folder "two"

    do
        Miniature.run one (Miniature.experiment [ 4 ]) |> ignore
        copyStore one two
        Miniature.run two (Miniature.experiment [ 4; 6 ]) |> ignore

    member _.One = one
    member _.Two = two

    interface IDisposable with
        member _.Dispose() = (folder :> IDisposable).Dispose()

/// What the store tells of its artifacts, keeps of them, and gives to others.
type StoreTests(stores: Stores) =
    let garbage (store: Store) =
        let garbage =
            StoreCollection.find (Inputs store.Root) store (StoreNeeds.experiments store)

        garbage.Artifacts |> List.map _.Stage

    /// A store that a result of K = 4 needs, which has K = 6 besides.
    let withResult test =
        withCopy stores.Two (fun folder store ->
            Miniature.write (folder.Child "results/mini/spec.json") (Miniature.experiment [ 4 ])
            StoreNeeds.noteResults store (folder.Child "results")
            test folder store)

    interface IClassFixture<Stores>

    [<Fact>]
    member _.``every artifact says where it came from``() =
        for artifact in stores.One.All do
            let provenance = Provenance.read stores.One artifact
            let made = Canonical.fields "made" provenance |> Map.ofList
            Assert.Equal(Some "mini", Canonical.tryText "experiment" provenance)
            Assert.Equal<string list>([ "k=4,seed=1" ], Provenance.cells stores.One artifact)
            Assert.Equal(Canon.Integer(int64 Workers.Count), made["threads"])
            Assert.Equal(Canon.Text "cpu", made["device"])
            Assert.Equal(Canon.Integer 1L, made["seed"])

            match made["peakMemoryBytes"], made["seconds"] with
            | Canon.Integer memory, Canon.Number seconds ->
                Assert.True(memory > 1_000_000L)
                Assert.True(seconds > 0.0)
            | other -> failwith $"{other}"

            let environment = Canonical.fields "environment" provenance |> Map.ofList

            for name in [ "code"; "libtorch"; "torchsharp"; "dotnet"; "system"; "vectors" ] do
                Assert.NotEqual<Canon>(Canon.Null, environment[name])

            // It is neither an output nor a part of the key.
            Assert.DoesNotContain("provenance.json", artifact.Outputs |> List.map fst)
            Assert.Equal(artifact.Key, Canonical.digest (Canon.Fields artifact.Inputs))

    [<Fact>]
    member _.``the spec of an artifact makes its key again``() =
        for artifact in stores.One.All do
            let stage = Recheck.stageOf (Inputs stores.One.Root) stores.One artifact
            Assert.Equal(artifact.Key, stage.Key)

    [<Fact>]
    member _.``show prints an artifact and writes the spec that makes it again``() =
        withCopy stores.One (fun folder store ->
            let train = only "train" store
            let store = [ "--store"; store.Root ]

            let outcome =
                run folder.Path ([ "show"; train.Key.Substring(0, 8); "--json" ] @ store)

            Assert.True((outcome.Code = 0), outcome.Errors)
            use json = JsonDocument.Parse outcome.Output
            let root = json.RootElement
            Assert.Equal(train.Key, root.GetProperty("key").GetString())

            let names (field: string) =
                [
                    for name in root.GetProperty(field).EnumerateArray() -> string (name.GetString())
                ]

            Assert.Equal<string list>([ $"extract/{snd train.Needs.Head}" ], names "needs")
            Assert.StartsWith("evaluate/", (names "needed_by").Head)

            Assert.Equal(4, root.GetProperty("provenance").GetProperty("spec").GetProperty("sae.k").GetInt32())

            let text =
                run folder.Path ([ "show"; "train/" + train.Key.Substring(0, 10) ] @ store)

            Assert.Contains("train.learningRate", text.Output)
            Assert.Contains("made again by", text.Output)
            Assert.Matches(@"peak memory +[\d.]+ [MG]iB", text.Output)
            Assert.Matches(@"time +\d+ s", text.Output)
            Assert.Matches("train.clip +none", text.Output)

            let digests =
                text.Output.Split '\n' |> Array.filter (fun line -> Regex.IsMatch(line, " [0-9a-f]{64}$"))

            Assert.Equal(train.Outputs.Length, digests.Length)
            Assert.Single(digests |> Array.distinctBy _.Length) |> ignore
            Assert.DoesNotContain("null", text.Output)

            let written =
                run folder.Path ([ "show"; train.Key; "--spec"; "again.json" ] @ store)

            Assert.True((written.Code = 0), written.Errors)

            let taken = run folder.Path ([ "show"; train.Key; "--spec"; "again.json" ] @ store)

            Assert.Equal(2, taken.Code)
            Assert.Contains("again.json is there already", taken.Errors)
            let plan = run folder.Path ([ "plan"; "again.json" ] @ store)
            Assert.Contains("All 4 stages are in the store", plan.Output)

            let unknown = run folder.Path ([ "show"; "train/ffffffffff" ] @ store)
            Assert.Equal(2, unknown.Code)
            Assert.Contains("interp store ls", unknown.Errors))

    [<Fact>]
    member _.``a beginning that several keys have is refused with their names``() =
        fails "2 artifacts in the store begin with train/" (fun () -> stores.Two.Find "train/" |> ignore)
        fails "There is no artifact" (fun () -> stores.Two.Find "" |> ignore)

    [<Fact>]
    member _.``what a result or a pin needs is kept, and nothing else``() =
        withResult (fun _ store ->
            Assert.Equal<string list>([ "evaluate"; "train" ], garbage store)

            let other =
                (StoreCollection.find (Inputs store.Root) store (StoreNeeds.experiments store)).Artifacts

            StoreNeeds.pin store other.Head
            Assert.Empty(garbage store)
            StoreNeeds.unpin store other.Head
            StoreNeeds.pin store other[1]
            Assert.Equal<string list>([ "evaluate" ], garbage store)
            StoreNeeds.unpin store other[1]

            Directory.CreateDirectory(store.WorkFolder "train" (String('a', 64))) |> ignore

            let collected =
                StoreCollection.collect (Inputs store.Root) store (StoreNeeds.experiments store)

            Assert.Equal<Artifact list>(other, collected.Artifacts)
            // What was stopped before it left anything goes, and is not counted.
            Assert.Empty collected.Unfinished
            Assert.Empty(Directory.GetDirectories(Path.Combine(store.Root, "work")))

            Assert.All(
                Miniature.states store (Miniature.experiment [ 4 ]),
                (fun (_, state) -> Assert.Equal(Hit, state))
            )

            Assert.Empty(garbage store))

    [<Fact>]
    member _.``what a result was made from is kept when its text is gone or the program is newer``() =
        use folder = new TemporaryFolder()
        let store = Miniature.openStore folder "store"
        let text = folder.Child "text.jsonl"
        Checkpoints.corpus text 400

        let experiment =
            Miniature.experiment [ 4 ]
            |> Experiment.activations (Hook.residPost 1) (Corpus.file text 4_000 |> Corpus.validation 1_000)

        Miniature.run store experiment |> ignore
        Miniature.write (folder.Child "results/mini/spec.json") experiment
        StoreNeeds.noteResults store (folder.Child "results")
        File.Delete text
        Assert.Empty(garbage store)
        Directory.Delete(folder.Child "results", true)
        Assert.Equal<string list>([ "baseline"; "evaluate"; "extract"; "train" ], garbage store)

    [<Fact>]
    member _.``a result whose cells were never run here keeps what it shares, and no other cell's evaluation``() =
        withCopy stores.Two (fun folder store ->
            Miniature.write (folder.Child "results/mini/spec.json") (Miniature.experiment [ 5 ])
            StoreNeeds.noteResults store (folder.Child "results")
            Assert.Equal<string list>([ "evaluate"; "evaluate"; "train"; "train" ], List.sort (garbage store)))

    [<Fact>]
    member _.``results that are noted at the same time are all needed``() =
        use folder = new TemporaryFolder()
        let store = Miniature.openStore folder "store"
        let names = [ for i in 1..4 -> $"noted-{i}" ]

        for name in names do
            Miniature.write
                (folder.Child $"{name}/mini/spec.json")
                { Miniature.experiment [ 4 ] with
                    Name = name
                }

        Parallel.ForEach(names, (fun name -> StoreNeeds.noteResults store (folder.Child name))) |> ignore
        Assert.Empty(List.except (StoreNeeds.experiments store |> List.map _.Name) names)

    [<Fact>]
    member _.``nothing is collected while a run uses the store, or where a result cannot be read``() =
        withResult (fun folder store ->
            let collect () =
                StoreCollection.collect (Inputs store.Root) store (StoreNeeds.experiments store) |> ignore

            use _ = store.Use()
            // Runs share.
            use _ = store.Use()
            fails "A run is using the store" collect
            File.WriteAllText(folder.Child "results/mini/spec.json", "{")
            fails "what its result needs is not known" collect
            Assert.Equal(6, store.All.Length))

    [<Fact>]
    member _.``an artifact that cannot be read is none, and fails no plan``() =
        withCopy stores.Two (fun _ store ->
            let artifact = (store.Artifacts "train").Head
            File.WriteAllText(Path.Combine(store.Folder "train" artifact.Key, "artifact.json"), "{ \"stage\": ")
            Assert.Equal(1, (store.Artifacts "train").Length)
            Assert.Equal(5, store.All.Length)
            Assert.NotEmpty(Miniature.states store (Miniature.experiment [ 5 ])))

    [<Fact>]
    member _.``the commands list, collect and pin``() =
        withResult (fun folder store ->
            let succeed arguments =
                let outcome = run folder.Path ("store" :: arguments @ [ "--store"; store.Root ])
                Assert.True((outcome.Code = 0), outcome.Errors)
                outcome.Output

            use json = JsonDocument.Parse(succeed [ "ls"; "--json" ])

            let needed =
                [
                    for artifact in json.RootElement.GetProperty("artifacts").EnumerateArray() do
                        Assert.True(artifact.GetProperty("bytes").GetInt64() > 100L)
                        artifact.GetProperty("results").GetArrayLength()
                ]

            Assert.Equal<int list>([ 0; 0; 1; 1; 1; 1 ], List.sort needed)
            let listed = (succeed [ "ls" ]).TrimEnd().Split '\n'
            Assert.Contains(listed, (fun line -> line.EndsWith "  nothing needs it"))

            let column (line: string) =
                max (line.IndexOf "  for ") (line.IndexOf "  nothing")

            Assert.Single(listed |> Array.distinctBy column) |> ignore
            use usage = JsonDocument.Parse(succeed [ "du"; "--json" ])

            Assert.Equal(
                store.ArtifactFolders |> List.sumBy ArtifactFolder.bytes,
                usage.RootElement.GetProperty("bytes").GetInt64()
            )

            Assert.Contains("2 would be removed", succeed [ "gc" ])
            Assert.Equal(6, store.All.Length)

            let unneeded =
                (StoreCollection.find (Inputs store.Root) store (StoreNeeds.experiments store)).Artifacts.Head

            succeed [ "pin"; unneeded.Name ] |> ignore
            Assert.Contains("needed by a result or a pin", succeed [ "gc"; "--yes" ])
            succeed [ "unpin"; unneeded.Name ] |> ignore
            Assert.Contains("2 removed", succeed [ "gc"; "--yes" ])
            Assert.Equal(4, store.All.Length))
