namespace Interp

open System
open System.IO
open Interp.Runtime

/// An evaluated cell to `metrics.json`, by a function of the experiment's own.
[<RequireQualifiedAccess>]
module internal OwnWork =
    let private measured (own: OwnStage) cell =
        try
            own.Measure cell
        with
        | :? InterpException
        | :? OperationCanceledException -> reraise ()
        | error -> raise (InterpException($"The stage {own.Name} failed: {error.Message.Split('\n')[0]}", error))

    let private refuse (own: OwnStage) (numbers: (string * float) list) =
        for name, value in numbers do
            if not (Double.IsFinite value) then
                raise (
                    InterpException
                        $"The stage {own.Name} gives {name} no finite number; leave it out where it has none."
                )

            if (Metric.tryFind name).IsSome then
                raise (
                    InterpException $"The stage {own.Name} gives {name}, which evaluation measures; use another name."
                )

    /// A cell that diverged has no numbers.
    let run (own: OwnStage) (context: StageContext) =
        let metrics =
            Numbers.read (Path.Combine(context.Artifact "evaluate", "metrics.json"))

        let numbers =
            if metrics["diverged"] > 0.0 then
                []
            else
                measured
                    own
                    {
                        Spec = context.Spec
                        SaeFolder = Path.Combine(context.Artifact "train", "sae")
                        HeldOut = context.HeldOut
                        Metrics = metrics
                        Folder = context.Work
                    }

        refuse own numbers
        Numbers.write (Path.Combine(context.Work, "metrics.json")) numbers
