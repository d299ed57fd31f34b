/// Documents of the embedded world for the tests, and how to look into them.
module Interp.Tests.WorldSample

open System
open System.Globalization
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Grammar

/// A seed for all examples, so that the figures below are those of the same 2 000 documents.
let sample = lazy (World.documents 11L |> Seq.take 2000 |> Seq.toArray)

let ofKind kind =
    sample.Value |> Array.filter (fun document -> document.Kind = kind)

let textOf (document: Document) (span: LabelSpan) =
    document.Text.Substring(span.Start, span.End - span.Start)

let spansOf concept (document: Document) =
    document.Spans |> List.filter (fun span -> span.Concept = concept)

let textsOf concept document =
    spansOf concept document |> List.map (textOf document)

let matches (pattern: string) (text: string) =
    [ for found in Regex.Matches(text, pattern, RegexOptions.Multiline) -> found ]

let number (found: Match) (group: int) =
    Int32.Parse(found.Groups[group].Value, CultureInfo.InvariantCulture)

let explain (document: Document) (holds: bool) =
    Assert.True(holds, $"document {document.Id}:\n{document.Text}")
