/// The published schema, held against an independent validator: it takes what we write and refuses what we would refuse.
module Interp.Tests.SchemaTests

open System.Text.Json
open Xunit
open FsCheck.Xunit
open Json.Schema
open Interp

let private schema = lazy (JsonSchema.FromText(Canonical.print Schema.experiment))

let private accepts (text: string) =
    use document = JsonDocument.Parse text
    schema.Value.Evaluate(document.RootElement).IsValid

let private reads text =
    ExperimentFile.parse text |> Result.isOk

let private experimentOf specs =
    {
        Name = "e"
        Metrics = [ Metric.fvu; Metric.dead ]
        Stages = []
        Cells =
            specs
            |> List.mapi (fun i spec ->
                {
                    Axes = [ "n", string i ]
                    Spec = spec
                })
    }

[<Property(Arbitrary = [| typeof<SpecTests.Specs> |])>]
let ``what is written is accepted, whatever the spec`` (spec: Spec) =
    let spec =
        { spec with
            Device = "cuda:1"
            Precision = "bfloat16"
            Kernel = "aten"
        }

    accepts (ExperimentFile.print (experimentOf [ spec ]))

[<Fact>]
let ``the default experiment and the shortest one are accepted`` () =
    Assert.True(accepts (ExperimentFile.print (Experiment.create "e" |> Sweep.seeds 2)))
    let shortest = """{"$schema": "spec.schema.json", "name": "e", "cells": [{}]}"""
    Assert.True(accepts shortest)

    Assert.Equal(
        Ok [ Spec.Default ],
        ExperimentFile.parse shortest |> Result.map (fun read -> read.Cells |> List.map _.Spec)
    )

/// A spec with one field as JSON.
let private withField (field: string) =
    sprintf """{"name": "e", "cells": [{"axes": [["k", "8"]], "spec": {%s}}]}""" field

[<Theory>]
[<InlineData("\"sae.kk\": 8")>]
[<InlineData("\"sae.k\": \"8\"")>]
[<InlineData("\"sae.k\": 8.5")>]
[<InlineData("\"sae.kind\": \"topkk\"")>]
[<InlineData("\"sae.kind\": \"matryoshka:8//9\"")>]
[<InlineData("\"sae.normalise\": \"centerd\"")>]
[<InlineData("\"sae.size\": \"y4\"")>]
[<InlineData("\"train.kSchedule\": \"linear:512\"")>]
[<InlineData("\"train.kSchedule\": \"linaer:512:0.25\"")>]
[<InlineData("\"train.learningRate\": \"lw\"")>]
[<InlineData("\"train.clip\": \"none\"")>]
[<InlineData("\"train.aux\": \"0.5:\"")>]
[<InlineData("\"corpus.source\": [{\"weight\": 1.0}]")>]
[<InlineData("\"corpus.chat\": \"message\"")>]
[<InlineData("\"extract.bos\": \"sometimes\"")>]
let ``schema and reader refuse the same wrong settings`` field =
    Assert.False(accepts (withField field), "the schema accepts it")
    Assert.False(reads (withField field), "the reader accepts it")

[<Theory>]
[<InlineData("\"sae.k\": 8")>]
[<InlineData("\"sae.kind\": \"matryoshka:8/9\"")>]
[<InlineData("\"train.kSchedule\": \"cosine:512:0.25\"")>]
[<InlineData("\"train.learningRate\": 1")>]
[<InlineData("\"train.learningRate\": \"law\"")>]
[<InlineData("\"train.clip\": null")>]
[<InlineData("\"corpus.source\": [{\"weight\": 1, \"source\": [{\"weight\": 2, \"source\": \"world\"}]}]")>]
[<InlineData("\"corpus.chat\": {\"prompt\": \"q\", \"response\": \"a\"}")>]
let ``schema and reader accept the same settings`` field =
    Assert.True(accepts (withField field), "the schema refuses it")
    Assert.True(reads (withField field), "the reader refuses it")

[<Theory>]
[<InlineData("precision", "flot32")>]
[<InlineData("kernel", "cup")>]
[<InlineData("device", "gpu")>]
let ``words that validation refuses are refused by the schema`` (path, word) =
    Assert.False(accepts (withField $"\"{path}\": \"{word}\""))

[<Theory>]
[<InlineData("""{"name": "e", "cell": []}""", "did you mean cells")>]
[<InlineData("""{"name": "e", "cells": [{"spce": {}}]}""", "did you mean spec")>]
[<InlineData("""{"name": "e", "cells": [], "metrics": ["fuv"]}""", "did you mean fvu")>]
[<InlineData("""{"cells": []}""", "name")>]
[<InlineData("""{"name": "e", "cells": [{"axes": [["k"]]}]}""", "axes")>]
let ``a misspelt file is refused by both, and the reader names what is right`` (text, hint) =
    Assert.False(accepts text)

    match ExperimentFile.parse text with
    | Ok _ -> Assert.Fail "It is wrong."
    | Error errors -> Assert.Contains(errors, (fun (error: string) -> error.Contains(hint: string)))

[<Fact>]
let ``the reader tells all errors at once, each with its place`` () =
    let text =
        """{"nam": "e", "metrics": ["fuv"], "cells": [{"spec": {"sae.k": "x"}}, {"spec": {"sae.q": 1, "sae.kind": "topkk"}}]}"""

    match ExperimentFile.parse text with
    | Ok _ -> Assert.Fail "Six things are wrong."
    | Error errors ->
        Assert.Equal(6, errors.Length)

        for start in
            [
                "cells[0].spec: sae.k"
                "cells[1].spec: There is no setting 'sae.q'"
                "cells[1].spec: sae.kind"
            ] do
            Assert.Contains(errors, (fun (error: string) -> error.StartsWith start))

[<Fact>]
let ``JSON that is none says where, and a field twice is refused`` () =
    match ExperimentFile.parse "{\n  \"name\": oops\n}" with
    | Error [ error ] -> Assert.StartsWith("line 2, column 1", error)
    | other -> Assert.Fail $"{other}"

    Assert.False(reads """{"name": "e", "name": "f", "cells": []}""")
