namespace Interp.Tests

open System
open System.Formats.Tar
open System.IO
open Xunit
open Interp
open Interp.Tests.CommandLine

/// Artifacts that leave a store as a file and come to another, and files that pretend to.
type ArchiveTests(stores: Stores) =
    interface IClassFixture<Stores>

    [<Fact>]
    member _.``an artifact goes from store to store with what it was made from, the same bytes every time``() =
        use folder = new TemporaryFolder()
        let other = Miniature.openStore folder "other"

        let export store file =
            let arguments =
                [
                    "store"
                    "export"
                    "evaluate/"
                    folder.Child file
                    "--with-needs"
                    "--store"
                    store
                ]

            let outcome = run folder.Path arguments
            Assert.True((outcome.Code = 0), outcome.Errors)
            File.ReadAllBytes(folder.Child file)

        let archive = export stores.One.Root "one.tar"

        let imported =
            run folder.Path [ "store"; "import"; "one.tar"; "--store"; other.Root ]

        Assert.True((imported.Code = 0), imported.Errors)
        Assert.All(Miniature.states other (Miniature.experiment [ 4 ]), (fun (_, state) -> Assert.Equal(Hit, state)))

        let record =
            Path.Combine(other.Folder "train" (only "train" other).Key, ArtifactFolder.record)
        // The archive has no times; an age in this store is that of the import.
        Assert.True(DateTime.UtcNow - File.GetLastWriteTimeUtc record < TimeSpan.FromHours 1.0)
        Assert.Equal<byte>(archive, export other.Root "two.tar")
        let taken, known = StoreArchive.import other (folder.Child "two.tar")
        Assert.Empty taken
        Assert.Equal(4, known.Length)

    [<Fact>]
    member _.``an archive is not believed before its digests hold``() =
        use folder = new TemporaryFolder()
        let path = folder.Child "train.tar"
        let train = only "train" stores.One
        StoreArchive.export stores.One [ train ] path
        let archive = File.ReadAllBytes path
        let other = Miniature.openStore folder "other"

        let refuses hint (change: byte[] -> byte[]) =
            File.WriteAllBytes(path, change archive)
            fails hint (fun () -> StoreArchive.import other path |> ignore)
            Assert.Empty other.All
            Assert.Empty other.Unfinished

        let replace (before: string) (after: string) (bytes: byte[]) =
            let text = Text.Encoding.Latin1.GetString bytes
            Assert.Contains(before, text)
            Text.Encoding.Latin1.GetBytes(text.Replace(before, after))

        refuses "curves.csv differs" (replace "step,tokens,k" "step,tokens,q")
        refuses "not the digest of its inputs" (replace "\"sae.k\": 4" "\"sae.k\": 5")
        refuses "no archive of artifacts" (Array.truncate 3000)
        refuses "no archive of artifacts" (fun _ -> Text.Encoding.UTF8.GetBytes "no archive")

        // One that is there with other outputs is no news to be taken.
        File.WriteAllBytes(path, archive)
        StoreArchive.import other path |> ignore
        let record = Path.Combine(other.Folder "train" train.Key, "artifact.json")
        File.WriteAllText(record, File.ReadAllText(record).Replace(snd train.Outputs.Head, String('0', 64)))
        fails "with other outputs" (fun () -> StoreArchive.import other path |> ignore)

    [<Fact>]
    member _.``a live extraction and a stored one are the same, and each store keeps its own``() =
        use folder = new TemporaryFolder()
        Miniature.write (folder.Child "mini.json") (Miniature.experiment [ 4 ])
        succeed folder.Path [ "run"; "mini.json"; "--live"; "--store"; "live" ] |> ignore
        let live = Miniature.openStore folder "live"
        let path = folder.Child "extract.tar"
        StoreArchive.export stores.One [ only "extract" stores.One ] path
        let before = (only "extract" live).Outputs
        Assert.NotEqual<(string * string) list>((only "extract" stores.One).Outputs, before)
        let taken, known = StoreArchive.import live path
        Assert.Equal((0, 1), (taken.Length, known.Length))
        Assert.Equal<(string * string) list>(before, (only "extract" live).Outputs)

    [<Fact>]
    member _.``an export writes over no file unless it is told to``() =
        use folder = new TemporaryFolder()
        File.WriteAllText(folder.Child "kept.tar", "kept")
        let export = [ "store"; "export"; "train/"; "kept.tar"; "--store"; stores.One.Root ]
        let refused = run folder.Path export
        Assert.Equal(2, refused.Code)
        Assert.Contains("--force", refused.Errors)
        Assert.Equal("kept", File.ReadAllText(folder.Child "kept.tar"))
        succeed folder.Path (export @ [ "--force" ]) |> ignore
        Assert.True((FileInfo(folder.Child "kept.tar")).Length > 1000L)

    [<Theory>]
    [<InlineData("../../outside", false)>]
    [<InlineData("train/../../outside", false)>]
    [<InlineData("/tmp/interp-outside/a/b", false)>]
    [<InlineData("train/key/../../../../outside", false)>]
    [<InlineData("outside", false)>]
    [<InlineData("train/key/link", true)>]
    member _.``an archive writes nothing outside the store``(name: string, isLink: bool) =
        use folder = new TemporaryFolder()
        let store = Miniature.openStore folder "a/b/store"
        let path = folder.Child "bad.tar"

        do
            use stream = File.Create path
            use tar = new TarWriter(stream)

            tar.WriteEntry(
                if isLink then
                    PaxTarEntry(TarEntryType.SymbolicLink, name, LinkName = "/etc/passwd")
                else
                    PaxTarEntry(TarEntryType.RegularFile, name, DataStream = new MemoryStream([| 1uy |]))
            )

        fails "no archive of artifacts" (fun () -> StoreArchive.import store path |> ignore)
        let files = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories)
        Assert.Equal<string>([| path |], files |> Array.filter (fun file -> not (file.StartsWith store.Root)))
        Assert.Empty store.Unfinished
