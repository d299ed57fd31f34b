/// What the documents say is what the program does.
module Interp.Tests.DocumentTests

open System.IO
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Tests.CommandLine

let private documents =
    Path.Combine(repository, "README.md")
    :: Path.Combine(repository, "CONTRIBUTING.md")
    :: Path.Combine(repository, "assets", "README.md")
    :: (Directory.GetFiles(Path.Combine(repository, "docs"), "*.md") |> List.ofArray)

let private commands =
    documents
    |> List.collect (fun file ->
        [
            for line in File.ReadAllLines file -> Regex.Match(line, @"^\s+\./interp (\S.*?)(\s{3,}.*)?$")
        ])
    |> List.filter _.Success
    |> List.map _.Groups[1].Value

[<Fact>]
let ``every command of the documents is one that the program has`` () =
    Assert.True(commands.Length > 10)
    use folder = new TemporaryFolder()

    for name in commands |> List.map (fun command -> command.Split(' ')[0]) |> List.distinct do
        if name <> "test" then
            let outcome = run folder.Path [ name; "--help" ]
            Assert.True((outcome.Code = 0), $"{name}: {outcome.Errors}")

/// The words of a command line; those in quotation marks are one.
let private words (command: string) =
    [
        for found in Regex.Matches(command, "\"([^\"]*)\"|\\S+") do
            found.Value.Trim '"'
    ]

[<Fact>]
let ``the commands of the document about models run`` () =
    let text = File.ReadAllLines(Path.Combine(repository, "docs", "models.md"))

    let commands =
        text
        |> Array.map (fun line -> Regex.Match(line, @"^    \./interp (\S.*)$"))
        |> Array.filter _.Success
        |> Array.map _.Groups[1].Value

    Assert.True(commands.Length >= 7)
    Assert.Empty(text |> Array.filter (fun line -> line.StartsWith "interp "))

    for command in commands do
        let outcome = run repository (words command)
        Assert.True((outcome.Code = 0), $"{command}: {outcome.Errors}")
        Assert.NotEqual<string>("", outcome.Output)

[<Fact>]
let ``the configs of the documents are there and are valid`` () =
    let configs =
        commands
        |> List.collect (fun command -> command.Split(' ') |> List.ofArray)
        |> List.filter (fun word -> word.StartsWith "configs/" && word.EndsWith ".fsx")

    use folder = new TemporaryFolder()

    for path in List.distinct configs do
        let experiment =
            ConfigScript.load (Path.GetTempPath()) (Path.Combine(repository, path))

        Assert.Empty(Validation.experiment experiment)

[<Fact>]
let ``the table of settings is complete and its defaults are true`` () =
    let text = File.ReadAllText(Path.Combine(repository, "docs", "experiments.md"))

    for field in SpecFields.all do
        Assert.Contains($"`{field.Path}`", text)

    let rows = Regex.Matches(text, @"(?m)^\| `([\w.]+)` \| `?([^|`]+?)`? \|")

    for row in rows do
        match SpecFields.find row.Groups[1].Value with
        | Error error -> Assert.Fail error
        | Ok field ->
            match field.SetText row.Groups[2].Value Spec.Default with
            | Some spec -> Assert.Equal(field.Get Spec.Default, field.Get spec)
            | None -> Assert.Fail $"{field.Path} cannot be {row.Groups[2].Value}"

/// Files that the recipes name, as they stand in backquotes: a path, or the name of one file below a folder that was named.
[<Fact>]
let ``every file that the recipes name is there`` () =
    let text = File.ReadAllText(Path.Combine(repository, "CONTRIBUTING.md"))

    let sources =
        [ "src"; "tests" ]
        |> List.collect (fun folder ->
            Directory.GetFiles(Path.Combine(repository, folder), "*.?s", SearchOption.AllDirectories)
            |> List.ofArray)

    let named =
        Regex.Matches(text, @"`([\w./-]+\.(cs|fs|fsx))`") |> Seq.map _.Groups[1].Value |> List.ofSeq

    Assert.True(named.Length > 10)

    for name in named do
        Assert.True(
            (sources |> List.exists (fun file -> file.Replace('\\', '/').EndsWith("/" + name))),
            $"{name} is not there"
        )

[<Fact>]
let ``the autoencoder in assets is what its folder says`` () =
    use folder = new TemporaryFolder()

    let outcome =
        run folder.Path [ "inspect"; Path.Combine(repository, "assets", "world-sae") ]

    Assert.True((outcome.Code = 0), outcome.Errors)
    Assert.Matches(@"latents +512\s", outcome.Output)

/// The commands of a document, as words; what is in double quotes is one word.
let private commandsOf document =
    [
        for line in File.ReadAllLines(Path.Combine(repository, "docs", document)) do
            let found = Regex.Match(line, @"^    \./interp (\S.*?)(\s{3,}.*)?$")

            if found.Success then
                [
                    for word in Regex.Matches(found.Groups[1].Value, "\"([^\"]*)\"|\\S+") ->
                        if word.Groups[1].Success then
                            word.Groups[1].Value
                        else
                            word.Value
                ]
    ]

[<Fact>]
let ``the commands on results run as they are written`` () =
    use folder = new TemporaryFolder()

    for name in [ "demo"; "ksearch-smollm2" ] do
        let copy = Directory.CreateDirectory(folder.Child $"results/{name}")

        for file in DirectoryInfo(Path.Combine(repository, "results", name)).GetFiles() do
            file.CopyTo(Path.Combine(copy.FullName, file.Name)) |> ignore

    // Other than in this folder, the repository's last commit has the demo too; that side is tested with a repository of its own.
    let written =
        commandsOf "results.md" |> List.filter (List.exists (fun word -> word.StartsWith "HEAD:") >> not)

    Assert.True(written.Length >= 12)

    for words in written do
        let outcome = run folder.Path words
        let differs = words.Head = "diff" && words[1] <> words[2]
        let line = String.concat " " words
        Assert.True((outcome.Code = (if differs then 1 else 0)), $"{line}: {outcome.Output}{outcome.Errors}")

[<Fact>]
let ``the commands of the store's page do what they say, one after the other`` () =
    use folder = new TemporaryFolder()
    Miniature.write (folder.Child "mini.json") (Miniature.experiment [ 4 ])
    let store = Miniature.openStore folder ".interp"

    let commands =
        [
            for line in File.ReadAllLines(Path.Combine(repository, "docs", "store.md")) ->
                Regex.Match(line, @"^\s+\./interp (\S.*?)(\s{3,}.*)?$")
        ]
        |> List.filter _.Success
        |> List.map _.Groups[1].Value

    Assert.True(commands.Length > 10)

    for command in commands do
        // The page's config takes minutes, and its key is invented.
        let key =
            match store.Artifacts "train" with
            | artifact :: _ -> "train/" + artifact.Key
            | [] -> ""

        let words =
            command.Replace("configs/demo.fsx", "mini.json").Replace("train/3f2a", key).Split ' '

        let outcome = run folder.Path (List.ofArray words)
        Assert.True((outcome.Code = 0), $"{command}: {outcome.Errors}")
