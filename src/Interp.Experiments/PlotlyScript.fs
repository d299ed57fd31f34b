namespace Interp

open System.IO
open Interp.Runtime

/// Plotly's script, as the package Plotly.NET carries it.
[<RequireQualifiedAccess>]
module internal PlotlyScript =
    let text =
        lazy
            (let assembly = typeof<Plotly.NET.GenericChart>.Assembly

             let name =
                 assembly.GetManifestResourceNames()
                 |> Array.tryFind (fun name -> name.Contains "plotly-" && name.EndsWith ".min.js")

             match name |> Option.bind (assembly.GetManifestResourceStream >> Option.ofObj) with
             | Some stream ->
                 use reader = new StreamReader(stream)
                 reader.ReadToEnd()
             | None ->
                 raise (
                     InterpException
                         "This version of Plotly.NET carries no script; build with the version of paket.lock."
                 ))
