/// Configs as scripts and as JSON: errors with their place, what is kept of an unchanged one, and the commands about them.
module Interp.Tests.ConfigTests

open System
open System.IO
open System.Text.Json
open Xunit
open Interp
open Interp.Runtime
open Interp.Tests.CommandLine

let private script k =
    String.concat
        "\n"
        [
            "open Interp"
            "Experiment.create \"e\""
            $"|> Sweep.over \"k\" [ {k} ] Sae.k"
            "|> Script.main"
            ""
        ]

let private kept (folder: TemporaryFolder) =
    Directory.GetFiles(folder.Child "store/configs", "*.json") |> List.ofArray

let private load (folder: TemporaryFolder) (text: string) =
    File.WriteAllText(folder.Child "c.fsx", text)
    ConfigScript.load (folder.Child "store") (folder.Child "c.fsx")

let private ks (experiment: Experiment) =
    experiment.Cells |> List.map _.Spec.Sae.K

/// The kept experiment is altered together with its digest, so that reading it shows that the script was not evaluated.
let private replaceKept file k =
    let experiment =
        Experiment.create "e" |> Sweep.over "k" [ k ] Sae.k |> ExperimentFile.toCanon

    File.WriteAllText(
        file,
        Canonical.print (Canon.Fields [ "digest", Canon.Text(Canonical.digest experiment); "experiment", experiment ])
    )

[<Fact>]
let ``an unchanged config is not evaluated again, a changed one is`` () =
    use folder = new TemporaryFolder()
    Assert.Equal<int list>([ 8 ], ks (load folder (script 8)))
    replaceKept (List.exactlyOne (kept folder)) 9
    Assert.Equal<int list>([ 9 ], ks (load folder (script 8)))
    Assert.Equal<int list>([ 16 ], ks (load folder (script 16)))

[<Fact>]
let ``a torn or altered cache file is not believed, and is written again`` () =
    use folder = new TemporaryFolder()
    load folder (script 8) |> ignore
    let file = List.exactlyOne (kept folder)
    let whole = File.ReadAllText file

    for wrong in
        [
            whole.Substring(0, whole.Length / 2)
            ""
            whole.Replace("\"sae.k\": 8", "\"sae.k\": 7")
            "{}"
        ] do
        File.WriteAllText(file, wrong)
        Assert.Equal<int list>([ 8 ], ks (load folder (script 8)))
        Assert.Equal(whole, File.ReadAllText file)

[<Fact>]
let ``what a config loads is part of its content`` () =
    use folder = new TemporaryFolder()

    let shared k =
        File.WriteAllText(folder.Child "shared.fsx", $"let k = {k}\n")

    let text =
        "#load \"shared.fsx\"\nopen Interp\nExperiment.create \"e\" |> Sweep.over \"k\" [ Shared.k ] Sae.k\n"

    shared 8
    Assert.Equal<int list>([ 8 ], ks (load folder text))
    replaceKept (List.exactlyOne (kept folder)) 9
    Assert.Equal<int list>([ 9 ], ks (load folder text))
    shared 16
    Assert.Equal<int list>([ 16 ], ks (load folder text))

[<Fact>]
let ``compile errors point at file, line and column, also in a loaded file, without a stack trace`` () =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "a.fsx", "open Interp\n\nlet y: int = \"b\"\nExperiment.craete \"a\"\n")
    File.WriteAllText(folder.Child "lib.fsx", "let x =\n    nothing\n")
    File.WriteAllText(folder.Child "b.fsx", "#load \"lib.fsx\"\nopen Interp\nExperiment.create \"b\"\n")
    let first = run folder.Path [ "plan"; "a.fsx" ]
    Assert.Equal(2, first.Code)
    Assert.Equal("", first.Output)
    Assert.StartsWith("a.fsx(3,14): ", first.Errors)
    Assert.Contains("\na.fsx(4,12): ", first.Errors)
    let second = run folder.Path [ "plan"; "b.fsx" ]
    Assert.Equal(2, second.Code)
    Assert.StartsWith("lib.fsx(2,5): ", second.Errors)

    for outcome in [ first; second ] do
        Assert.DoesNotContain("   at ", outcome.Errors)

[<Fact>]
let ``what a config prints does not mix with the command's output`` () =
    use folder = new TemporaryFolder()
    File.WriteAllText(folder.Child "c.fsx", "open Interp\nprintfn \"hello\"\nExperiment.create \"e\"\n")
    let outcome = run folder.Path [ "show"; "c.fsx"; "--json" ]
    Assert.True((outcome.Code = 0), outcome.Errors)
    JsonDocument.Parse(outcome.Output).Dispose()
    Assert.Contains("hello", outcome.Errors)

[<Fact>]
let ``show prints every cell with its digest and what sets it apart`` () =
    use folder = new TemporaryFolder()
    let outcome = run folder.Path [ "show"; config "demo.fsx"; "--set"; "sae.k=12" ]
    Assert.True((outcome.Code = 0), outcome.Errors)
    let experiment = ConfigScript.load (folder.Child "store") (config "demo.fsx")

    let edited = fst (Overrides.applyAll [ "sae.k", "12" ] experiment)

    for cell in edited.Cells do
        let digest = (Canonical.digest (SpecFields.toCanon cell.Spec)).Substring(0, 12)
        Assert.Contains($"{cell.Name}  {digest}", outcome.Output)

    Assert.Contains("sae.k = 12", outcome.Output)
    Assert.Contains("train.kSchedule = linear:128:0.25", outcome.Output)

[<Fact>]
let ``a spec.json shows what its script shows, cell by cell`` () =
    use folder = new TemporaryFolder()
    let experiment = ConfigScript.load (folder.Child "store") (config "demo.fsx")
    File.WriteAllText(folder.Child "spec.json", ExperimentFile.print experiment)
    let ofScript = run folder.Path [ "show"; config "demo.fsx"; "--json" ]
    let ofJson = run folder.Path [ "show"; "spec.json"; "--json" ]
    Assert.Equal((0, 0), (ofScript.Code, ofJson.Code))
    Assert.Equal(ofScript.Output, ofJson.Output)
    use document = JsonDocument.Parse ofJson.Output
    let cells = document.RootElement.GetProperty "cells"
    Assert.Equal(experiment.Cells.Length, cells.GetArrayLength())
    Assert.Equal(64, (cells[0].GetProperty("digest").GetString() |> string).Length)

[<Fact>]
let ``interp schema prints the schema`` () =
    use folder = new TemporaryFolder()
    let outcome = run folder.Path [ "schema" ]
    Assert.Equal(Canonical.print Schema.experiment, outcome.Output)
    Assert.Equal("s.json", (run folder.Path [ "schema"; "--output"; "s.json" ]).Output.Trim())
    Assert.Equal(outcome.Output, File.ReadAllText(folder.Child "s.json"))

[<Fact>]
let ``a new config runs, and is never written over another file`` () =
    use folder = new TemporaryFolder()
    let made = run folder.Path [ "new"; "study.fsx" ]
    Assert.True((made.Code = 0), made.Errors)
    let text = File.ReadAllText(folder.Child "study.fsx")

    let outcome =
        run folder.Path [ "run"; "study.fsx"; "--set"; "sae.k=8"; "--set"; "seed=1" ]

    Assert.True((outcome.Code = 0), outcome.Errors)
    Assert.True(File.Exists(folder.Child "results/study/table.csv"))
    let again = run folder.Path [ "new"; "study.fsx" ]
    Assert.Equal(2, again.Code)
    Assert.Contains("there already", again.Errors)
    Assert.Equal(text, File.ReadAllText(folder.Child "study.fsx"))

[<Theory>]
[<InlineData("study.json", "end in .fsx")>]
[<InlineData("my study.fsx", "cannot name a folder")>]
let ``a name that no config can have is refused`` (name, hint: string) =
    use folder = new TemporaryFolder()
    let outcome = run folder.Path [ "new"; name ]
    Assert.Equal(2, outcome.Code)
    Assert.Contains(hint, outcome.Errors)
    Assert.Empty(Directory.GetFileSystemEntries folder.Path)

[<Fact>]
let ``help of a command is there in both ways, and that of show has both its halves`` () =
    use folder = new TemporaryFolder()
    let asked = run folder.Path [ "show"; "--help" ]
    Assert.Equal(0, asked.Code)

    for word in
        [
            "<what>"
            "--set <edit>"
            "--spec <file>"
            "interp show configs/demo.fsx"
            "interp show train/3f2a"
        ] do
        Assert.Contains(word, asked.Output)

    Assert.Equal(asked.Output, (run folder.Path [ "help"; "show" ]).Output)
    Assert.Contains("--yes", (run folder.Path [ "help"; "store"; "gc" ]).Output)
    let misused = run folder.Path [ "show"; "train/3f2a"; "--set"; "sae.k=4" ]
    Assert.Equal((2, "--set belongs to a config; 'train/3f2a' is none.\n"), (misused.Code, misused.Errors))
