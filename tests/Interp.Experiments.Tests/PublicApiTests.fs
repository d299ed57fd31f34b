/// The public members of each library are what `tests/api` lists; CONTRIBUTING.md has the command that writes the lists again.
module Interp.Tests.PublicApiTests

open System
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
open System.Text.RegularExpressions
open System.Xml.Linq
open FSharp.Reflection
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

let private library name =
    match name with
    | "Interp.Core" -> typeof<Interp.Runtime.InterpException>.Assembly
    | "Interp.Experiments" -> typeof<Spec>.Assembly
    | _ -> typeof<Interp.Studio.StudioServer>.Assembly

[<Theory>]
[<InlineData("Interp.Core")>]
[<InlineData("Interp.Experiments")>]
[<InlineData("Interp.Studio")>]
let ``the public members are the listed ones`` (name: string) =
    let path = Path.Combine(repository, "tests", "api", name + ".txt")
    let now = listing (library name)

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

/// What an editor has a hint for, by full name without its arguments. A hint that is inherited is one, and so is the
/// parameter that a record of C# is made with.
let private described name =
    XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{name}.xml")).Descendants "member"
    |> Seq.filter (fun part -> part.Value.Trim() <> "" || not (Seq.isEmpty (part.Descendants "inheritdoc")))
    |> Seq.collect (fun part ->
        let named (part: XElement) = (nonNull (part.Attribute "name")).Value
        let name = Regex.Replace(named part, @"^\w:|\(.*|``\d+", "")

        [
            name

            for parameter in part.Elements "param" do
                if parameter.Value.Trim() <> "" then
                    $"{name}.{named parameter}"
        ])
    |> set

let private fullName (kind: Type) =
    (string kind.FullName).Replace("+", ".")

/// The types that people name, and the words in them: union cases, fields, functions, properties and methods. What the
/// compiler makes of a union case or a delegate, and a constructor, are described by the case and the type.
let private words (assembly: Assembly) =
    let isCase (kind: Type) =
        match kind.DeclaringType with
        | null -> false
        | union -> FSharpType.IsUnion union

    [
        for kind in assembly.GetExportedTypes() do
            let isPart (part: MemberInfo) =
                part.MemberType <> MemberTypes.NestedType
                && part.MemberType <> MemberTypes.Constructor
                && part.Name <> "value__"
                && not (isGenerated part)

            if not (made kind || isCase kind || (string kind.FullName).StartsWith '<') then
                fullName kind

                if FSharpType.IsUnion kind then
                    for case in FSharpType.GetUnionCases kind do
                        $"{fullName kind}.{case.Name}"

                if not (kind.IsSubclassOf typeof<Delegate>) then
                    for part in kind.GetMembers flags |> Seq.filter isPart do
                        $"{fullName kind}.{part.Name}"
    ]

[<Theory>]
[<InlineData("Interp.Core")>]
[<InlineData("Interp.Experiments")>]
let ``an editor says of every public word what it is`` (name: string) =
    let described = described name
    Assert.NotEmpty described

    let unsaid =
        words (library name) |> List.distinct |> List.filter (described.Contains >> not)

    Assert.True(List.isEmpty unsaid, "without a doc comment:\n" + String.concat "\n" unsaid)
