namespace Interp

open System
open System.Globalization

/// Sizes and times as people read them.
[<RequireQualifiedAccess>]
module Amounts =
    let bytes (count: int64) =
        let units = [ 1L <<< 30, "GiB"; 1L <<< 20, "MiB"; 1L <<< 10, "KiB" ]

        match units |> List.tryFind (fun (size, _) -> count >= size) with
        | Some(size, name) -> (float count / float size).ToString("0.0", CultureInfo.InvariantCulture) + " " + name
        | None -> $"{count} B"

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

    /// A whole number with its thousands apart.
    let count (value: float) =
        value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ')
