/// The public members of each library are what `tests/api` lists; CONTRIBUTING.md has the command that writes the lists again.
module Interp.Tests.PublicApiTests

open System
open System.IO
open System.Reflection
open System.Runtime.CompilerServices
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
