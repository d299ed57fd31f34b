/// The public members of each library are what `tests/api` lists; CONTRIBUTING.md has the command that writes the lists again.
module Interp.Tests.PublicApiTests

open System
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open System.Text.RegularExpressions
open System.Xml.Linq
open Xunit
open Interp
open Interp.Tests.CommandLine

let private flags =
    BindingFlags.Public ||| BindingFlags.Instance ||| BindingFlags.Static ||| BindingFlags.DeclaredOnly

let private made (part: MemberInfo) =
    part.IsDefined(typeof<CompilerGeneratedAttribute>, false)

/// What the compilers write into every record and union says nothing.
let private isGenerated (part: MemberInfo) =
    let accessor =
        match part with
        | :? MethodInfo as methodInfo -> methodInfo.IsSpecialName
        | _ -> false

    let name = part.Name

    made part
    || accessor
    || name.StartsWith '<'
    || List.contains
        name
        [
            "Equals"
            "GetHashCode"
            "CompareTo"
            "ToString"
            "Tags"
            "PrintMembers"
            "Deconstruct"
        ]

let private members (kind: Type) =
    kind.GetMembers flags
    |> Seq.filter (fun part -> part.MemberType <> MemberTypes.NestedType && not (isGenerated part))
    |> Seq.map (fun part -> $"    {part}")
    |> Seq.distinct
    |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))

let private listing (assembly: Assembly) =
    assembly.GetExportedTypes()
    |> Seq.filter (fun kind -> not (made kind) && not (kind.FullName |> string |> _.StartsWith("<")))
    |> Seq.sortWith (fun a b -> String.CompareOrdinal(a.FullName, b.FullName))
    |> Seq.collect (fun kind -> Seq.append [ $"{kind.FullName}" ] (members kind))
    |> String.concat "\n"
    |> fun text -> text + "\n"

[<Theory>]
[<InlineData("Interp.Core")>]
[<InlineData("Interp.Experiments")>]
[<InlineData("Interp.Studio")>]
let ``the public members are the listed ones`` (name: string) =
    let assembly =
        match name with
        | "Interp.Core" -> typeof<Interp.Runtime.InterpException>.Assembly
        | "Interp.Experiments" -> typeof<Spec>.Assembly
        | _ -> typeof<Interp.Studio.StudioServer>.Assembly

    let path = Path.Combine(repository, "tests", "api", name + ".txt")
    let now = listing assembly

    if Environment.GetEnvironmentVariable "INTERP_WRITE_API" = "1" then
        File.WriteAllText(path, now)

    let listed = File.ReadAllText path |> _.Split('\n') |> set
    let lines = now.Split '\n' |> set
    let gone = Set.difference listed lines |> String.concat "\n"
    let added = Set.difference lines listed |> String.concat "\n"

    Assert.True(
        (gone = "" && added = ""),
        $"gone:\n{gone}\nadded:\n{added}\nCONTRIBUTING.md has the command that writes the list again."
    )

    Assert.Equal(File.ReadAllText path, now)

/// Types and modules that configs and scripts name.
let private words =
    "Assets AuxSpec Cell CellResult ChatSource Choices Comparison Condition ConfigDiff ConfigDiffModule Contrast Corpus CorpusSpec Diff \
     DiffModule Direction DictionarySize Draw Estimate EvaluateSpec EvaluatedCell Experiment ExperimentBuilder ExperimentModule Extract \
     ExtractSpec FieldChange Hook KScheduleSpec LearningRateSpec Metric MetricChange MetricModule MetricStatus Model ModelSource OwnStage \
     Plan PlannedStage Plots Recipe ReportPage ResultQuery ResultSummary ResultTable ResultTableModule ResultViews Results ResultsModule \
     RunOptions Sae SaeKindSpec SaeSpec Script Side Sides Spec StageState Sweep TextSource Train TrainSpec"
        .Split(' ')

[<Fact>]
let ``an editor says of every word of a script what it is`` () =
    let assembly = typeof<Spec>.Assembly

    let said =
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Interp.Experiments.xml")).Descendants "member"
        |> Seq.filter (fun part -> part.Value.Trim() <> "")
        |> Seq.map (fun part -> Regex.Match(string part.FirstAttribute, @"^name=""\w:([\w.]+)").Groups[1].Value)
        |> set

    let unsaid =
        [
            for word in words do
                let kind = nonNull (assembly.GetType $"Interp.{word}")

                for part in kind.GetMembers flags do
                    let isPart =
                        part.MemberType <> MemberTypes.NestedType && part.MemberType <> MemberTypes.Constructor

                    let name = $"Interp.{word}.{part.Name}"

                    if isPart && not (isGenerated part) && not (said.Contains name) then
                        name

                if not (said.Contains $"Interp.{word}") then
                    $"Interp.{word}"
        ]

    Assert.Empty unsaid
