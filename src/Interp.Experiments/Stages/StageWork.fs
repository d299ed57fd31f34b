namespace Interp

/// The work of a stage of any kind; what it leaves in its folder becomes the artifact.
[<RequireQualifiedAccess>]
module internal StageWork =
    let run (context: StageContext) =
        match context.Stage.Own, context.Stage.Name with
        | Some own, _ -> OwnWork.run own context
        | None, "extract" -> ExtractStage.run context
        | None, "baseline" -> BaselineStage.run context
        | None, "train" -> TrainStage.run context
        | None, _ -> EvaluateStage.run context
