namespace Interp.Tests

open System
open System.IO
open System.Text.Json
open System.Threading
open Xunit
open Interp
open Interp.Tests.CommandLine

/// `interp check`: a stage that is made again beside its artifact.
type RecheckTests(stores: Stores) =
    interface IClassFixture<Stores>

    [<Fact>]
    member _.``a stage that is run again gives the same bytes, and a changed digest raises the alarm``() =
        withCopy stores.One (fun folder store ->
            let check stage =
                Recheck.run (Inputs store.Root) store (fun _ _ _ -> ()) CancellationToken.None (only stage store)

            for stage in Stage.names do
                Assert.Equal<(string * string) list>([], check stage)

            let train = only "train" store
            let record = Path.Combine(store.Folder "train" train.Key, "artifact.json")
            let digest = Map.ofList(train.Outputs)["sae/sae_weights.safetensors"]
            File.WriteAllText(record, File.ReadAllText(record).Replace(digest, String('0', 64)))
            Assert.Equal<(string * string) list>([ "sae/sae_weights.safetensors", "differs" ], check "train")

            let outcome =
                run folder.Path [ "check"; $"train/{train.Key}"; "--store"; store.Root ]

            Assert.Equal(1, outcome.Code)
            Assert.Contains("sae/sae_weights.safetensors differs", outcome.Output)
            let same = run folder.Path [ "check"; "baseline/"; "--store"; store.Root; "--json" ]
            Assert.Equal(0, same.Code)
            use json = JsonDocument.Parse same.Output
            Assert.True(json.RootElement.GetProperty("same").GetBoolean()))

    [<Fact>]
    member _.``bytes that rotted on disk are found, and told apart from lost determinism``() =
        withCopy stores.One (fun folder store ->
            let train = only "train" store
            File.AppendAllText(Path.Combine(store.Folder "train" train.Key, "curves.csv"), "rot\n")

            let outcome =
                run folder.Path [ "check"; $"train/{train.Key}"; "--store"; store.Root ]

            Assert.Equal(1, outcome.Code)
            Assert.StartsWith("On disk: ", outcome.Output)
            Assert.EndsWith("curves.csv differs.\n", outcome.Output)

            use json =
                JsonDocument.Parse(
                    (run folder.Path [ "check"; $"train/{train.Key}"; "--store"; store.Root; "--json" ]).Output
                )

            Assert.False(json.RootElement.GetProperty("same").GetBoolean())
            Assert.Equal(0, json.RootElement.GetProperty("differences").GetArrayLength())
            Assert.Equal(1, json.RootElement.GetProperty("on_disk").GetArrayLength()))

    [<Fact>]
    member _.``a check without the artifacts that it needs, or with other inputs, says so``() =
        withCopy stores.One (fun _ store ->
            let train = only "train" store

            let check () =
                Recheck.stageOf (Inputs store.Root) store train |> ignore

            let path = Path.Combine(store.Folder "train" train.Key, "provenance.json")
            let text = File.ReadAllText path
            File.WriteAllText(path, text.Replace("\"sae.k\": 4", "\"sae.k\": 5"))
            fails "sae.k changed: 4 → 5" check
            File.WriteAllText(path, text)
            store.Remove "extract" (only "extract" store).Key
            fails "which is not in the store" check
            File.Delete path
            fails "no provenance.json" check)
