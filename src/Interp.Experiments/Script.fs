namespace Interp

open System.Reflection

/// How a config ends.
[<RequireQualifiedAccess>]
module Script =
    let private isFsi =
        lazy
            (match Assembly.GetEntryAssembly() with
             | null -> false
             | entry -> entry.GetName().Name = "fsi")

    /// The experiment itself; under `dotnet fsi FILE.fsx` it prints its plan before that.
    let main (experiment: Experiment) =
        if isFsi.Value then
            match Validation.experiment experiment with
            | [] -> printfn "%s" (Plan.explain experiment)
            | errors -> errors |> List.iter (eprintfn "%s")

        experiment
