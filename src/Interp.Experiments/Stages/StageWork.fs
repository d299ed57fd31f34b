namespace Interp

/// The work of a stage of any kind; what it leaves in its folder becomes the artifact.
[<RequireQualifiedAccess>]
module StageWork =
    let run (context: StageContext) =
        match context.Stage.Name with
        | "extract" -> ExtractStage.run context
        | "baseline" -> BaselineStage.run context
        | "train" -> TrainStage.run context
        | _ -> EvaluateStage.run context
