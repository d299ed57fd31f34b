/// What the documents say is what the program does.
module Interp.Tests.DocumentTests

open System.IO
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Tests.CommandLine

let private documents =
    Path.Combine(repository, "README.md")
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
        |> List.filter (fun word -> word.EndsWith ".fsx")

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

[<Fact>]
let ``the autoencoder in assets is what its folder says`` () =
    use folder = new TemporaryFolder()

    let outcome =
        run folder.Path [ "inspect"; Path.Combine(repository, "assets", "world-sae") ]

    Assert.True((outcome.Code = 0), outcome.Errors)
    Assert.Contains("2048", outcome.Output)
