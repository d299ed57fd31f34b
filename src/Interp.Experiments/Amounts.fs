namespace Interp

open System
open System.Globalization

/// Sizes and times as people read them.
[<RequireQualifiedAccess>]
module internal Amounts =
    /// A size in the largest binary unit that it fills, such as 16.1 MiB.
    let bytes (count: int64) =
        let units = [ 1L <<< 30, "GiB"; 1L <<< 20, "MiB"; 1L <<< 10, "KiB" ]

        match units |> List.tryFind (fun (size, _) -> count >= size) with
        | Some(size, name) -> (float count / float size).ToString("0.0", CultureInfo.InvariantCulture) + " " + name
        | None -> $"{count} B"

    /// A time in its two largest units, such as 1 min 44 s.
    let time (seconds: float) =
        let whole = int64 (Math.Ceiling seconds)

        if whole < 60L then
            $"{whole} s"
        elif whole < 3600L then
            $"{whole / 60L} min {whole % 60L} s"
        elif whole < 172_800L then
            $"{whole / 3600L} h {whole / 60L % 60L} min"
        else
            $"{whole / 86_400L} days"

    /// One cell by its name, several by their number.
    let cells names =
        match names with
        | [ name ] -> name
        | names -> $"{List.length names} cells"

    /// A whole number with its thousands apart.
    let count (value: float) =
        value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ')
