/// Writes the one JSON object that a command with --json puts on standard output.
module Interp.Cli.Json

open System
open System.IO
open System.Text
open System.Text.Json
open Interp

/// A JSON value; fields keep their order.
type Json =
    | Text of string
    | Number of float
    | Integer of int64
    | Flag of bool
    | Null
    | Items of Json list
    | Fields of (string * Json) list

let private options =
    JsonWriterOptions(Indented = true, Encoder = Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

let rec private write (writer: Utf8JsonWriter) value =
    match value with
    | Text text -> writer.WriteStringValue text
    | Number number when Double.IsFinite number -> writer.WriteNumberValue number
    | Number _
    | Null -> writer.WriteNullValue()
    | Integer number -> writer.WriteNumberValue number
    | Flag flag -> writer.WriteBooleanValue flag
    | Items items ->
        writer.WriteStartArray()
        items |> List.iter (write writer)
        writer.WriteEndArray()
    | Fields fields ->
        writer.WriteStartObject()

        for name, field in fields do
            writer.WritePropertyName name
            write writer field

        writer.WriteEndObject()

/// What the framework's files hold.
let rec ofCanon value =
    match value with
    | Canon.Null -> Null
    | Canon.Flag flag -> Flag flag
    | Canon.Integer integer -> Integer integer
    | Canon.Number number -> Number number
    | Canon.Text text -> Text text
    | Canon.Items items -> Items(List.map ofCanon items)
    | Canon.Fields fields -> Fields(fields |> List.map (fun (name, value) -> name, ofCanon value))

/// The text of a value, indented; a number that is not finite is null.
let render value =
    use buffer = new MemoryStream()

    do
        use writer = new Utf8JsonWriter(buffer, options)
        write writer value

    Encoding.UTF8.GetString(buffer.ToArray())

/// Text, or null.
let optional (text: string | null) =
    match text with
    | null -> Null
    | text -> Text text
