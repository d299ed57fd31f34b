namespace Interp

open System
open System.Globalization

/// The values of an axis as they stand in the names of cells.
[<RequireQualifiedAccess>]
module internal AxisLabels =
    let private written (codec: Codec<'T>) value =
        match codec.Write value with
        | Canon.Text text -> text
        | value -> Canonical.encode value

    let private full (value: objnull) =
        match value with
        | :? KScheduleSpec as schedule -> written RecipeCodec.kSchedule schedule
        | :? SaeKindSpec as kind -> written RecipeCodec.saeKind kind
        | :? DictionarySize as size -> written RecipeCodec.dictionarySize size
        | :? string as text -> text
        | :? IFormattable as value -> value.ToString(null, CultureInfo.InvariantCulture)
        | value -> sprintf "%A" value

    let private short (value: objnull) =
        match value with
        | :? KScheduleSpec -> (full value).Split(':')[0]
        | value -> full value

    /// A label per value: the short form where that tells them all apart, such as `linear` for `linear:512:0.25`.
    let ofValues (values: 'T list) =
        let values = values |> List.map (fun value -> box value)
        let labels = values |> List.map short

        if List.distinct labels |> List.length = labels.Length then
            labels
        else
            List.map full values
