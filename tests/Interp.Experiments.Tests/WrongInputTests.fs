module Interp.Tests.WrongInputTests

open System
open System.IO
open Xunit
open Interp.Tests.CommandLine

let private world = Path.Combine(repository, "assets", "world")

let private copyWorld (folder: string) =
    Directory.CreateDirectory folder |> ignore

    for file in Directory.GetFiles world do
        File.Copy(file, Path.Combine(folder, Path.GetFileName file |> string))

let private truncate (path: string) length =
    use stream = File.Open(path, FileMode.Open)
    stream.SetLength length

/// One sentence on standard error, nothing on standard output, exit code 2.
let private refuses (hint: string) prepare arguments =
    use folder = new TemporaryFolder()
    prepare folder
    let outcome = run folder.Path arguments
    let lines = outcome.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)
    Assert.Equal(2, outcome.Code)
    Assert.Equal("", outcome.Output)
    Assert.InRange(lines.Length, 1, 4)
    Assert.DoesNotContain("   at ", outcome.Errors)
    Assert.DoesNotContain("Please report", outcome.Errors)
    Assert.Contains(hint, outcome.Errors)

let private nothing (_: TemporaryFolder) = ()
let private demo = config "demo.fsx"

[<Fact>]
let ``a missing config names the nearest`` () =
    refuses "did you mean" nothing [ "run"; Path.Combine(repository, "configs", "dem.fsx") ]

[<Fact>]
let ``a missing model folder`` () =
    refuses "There is no model folder nowhere" nothing [ "run"; demo; "--model"; "nowhere" ]

[<Fact>]
let ``a missing model file`` () =
    refuses "There is no model file nowhere.gguf" nothing [ "run"; demo; "--model"; "nowhere.gguf" ]

[<Fact>]
let ``a missing tensor`` () =
    let prepare (folder: TemporaryFolder) =
        copyWorld (folder.Child "m")
        let path = folder.Child "m/config.json"
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 5"))

    refuses "has no tensor 'model.layers.4.input_layernorm.weight'" prepare [ "run"; demo; "--model"; "m" ]

[<Fact>]
let ``a tokenizer with more tokens than the model`` () =
    let prepare (folder: TemporaryFolder) =
        Checkpoints.phi (folder.Child "m")
        let path = folder.Child "m/tokenizer.json"

        File.WriteAllText(
            path,
            File
                .ReadAllText(path)
                .Replace(
                    "\"added_tokens\":",
                    "\"added_tokens\": [{\"id\":5000,\"content\":\"<extra>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}], \"x\":"
                )
        )

    refuses "vocabulary" prepare [ "inspect"; "m" ]

[<Fact>]
let ``an unknown hook names the nearest`` () =
    refuses "blocks.2.hook_resid_post" nothing [ "run"; demo; "--set"; "extract.hook=blocks.2.hook_resid_pst" ]

[<Fact>]
let ``a hook outside the model`` () =
    refuses "whose blocks are 0 to 3" nothing [ "run"; demo; "--set"; "extract.hook=blocks.16.hook_resid_post" ]

[<Fact>]
let ``K larger than the dictionary`` () =
    refuses "more than the dictionary's" nothing [ "run"; demo; "--set"; "sae.k=100000" ]

[<Fact>]
let ``an empty corpus`` () =
    let prepare (folder: TemporaryFolder) =
        File.WriteAllText(folder.Child "e.txt", "")

    refuses "is empty" prepare [ "run"; demo; "--corpus"; "e.txt" ]

[<Fact>]
let ``a missing corpus`` () =
    refuses "There is no corpus" nothing [ "run"; demo; "--corpus"; "e.txt" ]

[<Fact>]
let ``an unknown setting names the nearest`` () =
    refuses "did you mean train.kSchedule" nothing [ "run"; demo; "--set"; "train.kScedule=constant" ]

[<Fact>]
let ``a setting of the wrong type`` () =
    refuses "give a whole number" nothing [ "run"; demo; "--set"; "sae.k=many" ]

[<Theory>]
[<InlineData("device=gpu", "give one of cpu, cuda (did you mean cuda?)")>]
[<InlineData("train.kSchedule=linear", "(did you mean linear:FROM:UNTIL?)")>]
[<InlineData("train.kSchedule=cosin:512:0.25", "(did you mean cosine:FROM:UNTIL?)")>]
[<InlineData("sae.kind=matryoshka", "(did you mean matryoshka:SIZES?)")>]
[<InlineData("train.learningRate=NaN", "train.learningRate is 'NaN'; give a number, or law.")>]
[<InlineData("corpus.trainTokens=99999999999", "give a whole number of at most 2147483647")>]
[<InlineData("sae.size=x0", "sae.size is x0; give x1 or more, or a number of latents.")>]
let ``a wrong value is told what is needed`` (edit: string, hint: string) =
    refuses hint nothing [ "plan"; demo; "--set"; edit ]

[<Fact>]
let ``a setting that is there twice is named in full`` () =
    let prepare (folder: TemporaryFolder) =
        File.WriteAllText(
            folder.Child "twice.json",
            """{ "name": "a", "cells": [ { "spec": { "sae.k": 4, "sae.k": 5 } } ] }"""
        )

    refuses "twice.json: Duplicate property 'sae.k' encountered" prepare [ "plan"; "twice.json" ]

[<Fact>]
let ``what can be no config is refused before anything compiles it`` () =
    let prepare (folder: TemporaryFolder) =
        File.WriteAllText(folder.Child "README.md", "# Title\n")
        Directory.CreateDirectory(folder.Child "results/own") |> ignore
        File.WriteAllText(folder.Child "results/own/spec.json", "{}")

    for command in [ "plan"; "run"; "show" ] do
        refuses "no " prepare [ command; "README.md" ]

    refuses "README.md is no config; give a .fsx script" prepare [ "plan"; "README.md" ]

    refuses
        "results/own is a folder and no config; give the results/own/spec.json in it."
        prepare
        [ "run"; "results/own" ]

[<Fact>]
let ``a part of a command that there is not is told which there are`` () =
    refuses "did you mean 'ls'?" nothing [ "store"; "lss" ]
    refuses "there are ls, du, gc, pin, unpin, export, import." nothing [ "store"; "everything" ]
    refuses "there are model, tokenizer, training" nothing [ "verify"; "everything" ]

[<Theory>]
[<InlineData("schema")>]
[<InlineData("report")>]
let ``a file that is there is written over only with --force`` (command: string) =
    let arguments =
        match command with
        | "report" -> [ "report"; Path.Combine(repository, "results", "demo"); "--output"; "mine" ]
        | command -> [ command; "--output"; "mine" ]

    let prepare (folder: TemporaryFolder) =
        File.WriteAllText(folder.Child "mine", "mine")

    refuses "mine is there already; give another name, or --force" prepare arguments
    use folder = new TemporaryFolder()
    prepare folder
    succeed folder.Path (arguments @ [ "--force" ]) |> ignore
    Assert.NotEqual<string>("mine", File.ReadAllText(folder.Child "mine"))

[<Fact>]
let ``a schedule that is none`` () =
    refuses "linear:512:0.25" nothing [ "run"; demo; "--set"; "train.kSchedule=linaer:512:0.25" ]

[<Fact>]
let ``a config that does not compile`` () =
    let prepare (folder: TemporaryFolder) =
        File.WriteAllText(folder.Child "c.fsx", "open Interp\nExperiment.craete \"a\"\n")

    refuses "c.fsx(2,12)" prepare [ "run"; "c.fsx" ]

[<Fact>]
let ``a config without an experiment at its end`` () =
    let prepare (folder: TemporaryFolder) =
        File.WriteAllText(folder.Child "c.fsx", "1 + 1\n")

    refuses "not an Experiment" prepare [ "plan"; "c.fsx" ]

[<Fact>]
let ``a config with a number that is none`` () =
    let prepare (folder: TemporaryFolder) =
        File.WriteAllText(
            folder.Child "c.fsx",
            "open Interp\nExperiment.create \"e\" |> Experiment.train (Train.learningRate nan)\n"
        )

    refuses "train.learningRate is NaN; give a number above 0." prepare [ "show"; "c.fsx" ]

[<Fact>]
let ``the folder of a result in the place of its spec`` () =
    let prepare (folder: TemporaryFolder) =
        Miniature.write (folder.Child "results/mini/spec.json") (Miniature.experiment [ 4 ])

    refuses "give the results/mini/spec.json in it" prepare [ "show"; "results/mini" ]

[<Fact>]
let ``a truncated safetensors file`` () =
    let prepare (folder: TemporaryFolder) =
        copyWorld (folder.Child "m")
        truncate (folder.Child "m/model.safetensors") 1_000_000L

    refuses "truncated" prepare [ "run"; demo; "--model"; "m" ]

[<Fact>]
let ``a truncated GGUF file`` () =
    let prepare (folder: TemporaryFolder) =
        // Version 3, a thousand tensors, no metadata, and nothing after that.
        let header =
            Array.concat
                [
                    "GGUF"B
                    [| 3uy; 0uy; 0uy; 0uy |]
                    BitConverter.GetBytes 1000UL
                    BitConverter.GetBytes 0UL
                ]

        File.WriteAllBytes(folder.Child "t.gguf", header)

    refuses "t.gguf" prepare [ "inspect"; "t.gguf" ]

[<Fact>]
let ``an unknown command names the nearest`` () =
    refuses "did you mean 'run'" nothing [ "rum" ]

[<Fact>]
let ``an unknown option names the nearest`` () =
    refuses "did you mean --model" nothing [ "run"; demo; "--modle"; "m" ]

[<Fact>]
let ``CUDA without a GPU`` () =
    if not (TorchSharp.torch.cuda.is_available ()) then
        refuses "CUDA" nothing [ "run"; demo; "--device"; "cuda" ]

[<Fact>]
let ``an unknown cell names the nearest`` () =
    refuses "There is no result demo here" nothing [ "export"; "demo/k=8,schedule=constant,seed=1"; "out" ]
