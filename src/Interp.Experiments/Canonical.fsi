namespace Interp

/// A value in the one form that digests, files and diffs read.
[<RequireQualifiedAccess>]
type Canon =
    /// JSON's null.
    | Null
    /// JSON's true or false.
    | Flag of bool
    /// A whole number, which keeps all its digits.
    | Integer of int64
    /// A number with a fraction; encoding NaN or an infinity is an error.
    | Number of float
    /// JSON's string.
    | Text of string
    /// JSON's array.
    | Items of Canon list
    /// JSON's object; the order of its names makes no difference.
    | Fields of (string * Canon) list

/// Our own encoding, so that a digest never depends on a JSON library's habits: keys in ordinal order, numbers in their
/// shortest form that reads back, no NaN. Nothing else writes what is digested, so that equal values have equal texts.
[<RequireQualifiedAccess>]
module Canonical =
    /// The encoding that digests are taken of: JSON without spaces.
    val encode: value: Canon -> string

    /// The same as indented JSON, for files that people read.
    val print: value: Canon -> string

    /// SHA-256 of the encoding, 64 hexadecimal digits.
    val digest: value: Canon -> string

    /// Reads JSON; an error says where it goes wrong.
    val parse: text: string -> Result<Canon, string>

    /// A field of an object; none where the value is no object, or has no such field.
    val tryField: name: string -> value: Canon -> Canon option

    /// A field of an object that is text; none where it is absent or something else.
    val tryText: name: string -> value: Canon -> string option

    /// A field that is an object; empty where there is none.
    val fields: name: string -> value: Canon -> (string * Canon) list

    /// A field that is a list; empty where there is none.
    val items: name: string -> value: Canon -> Canon list
