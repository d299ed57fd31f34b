namespace Interp

open System
open Interp.Runtime

type StageState =
    | Hit
    /// A stopped run left something to go on from.
    | Partial
    | Miss

[<NoEquality; NoComparison>]
type PlannedStage =
    {
        Stage: Stage
        State: StageState
        /// Why it is no hit, in words.
        Reason: string
        Cost: Cost
    }

/// What a run would do, and why.
[<RequireQualifiedAccess>]
module Plan =
    /// The stages of an experiment with their states.
    let make (options: RunOptions) (inputs: Inputs) (store: Store) experiment =
        let stages = Stage.ofExperiment inputs experiment

        stages
        |> List.map (fun stage ->
            let failure =
                if options.RetryFailed then
                    None
                else
                    store.Failure stage.Name stage.Key

            let state, reason =
                if store.Contains stage.Name stage.Key then
                    Hit, ""
                elif not (inputs.HasWeights stage.Spec) then
                    Miss, $"the weights of {inputs.ModelPath stage.Spec} are not here"
                elif not (inputs.HasText stage.Spec) then
                    Miss, "its text is not here"
                elif failure.IsSome then
                    Miss, $"failed before, --retry-failed tries again: {failure.Value}"
                elif store.IsPartial stage.Name stage.Key then
                    Partial, "stopped before its end; it goes on there"
                else
                    Miss, MissReason.find inputs store stages stage

            {
                Stage = stage
                State = state
                Reason = reason
                Cost =
                    if state = Hit || failure.IsSome then
                        Cost.None
                    else
                        Cost.ofStage options inputs store stage
            })

    let stateName =
        function
        | Hit -> "hit"
        | Partial -> "partial"
        | Miss -> "miss"

    /// Bytes of memory that a run may take: what the options say, or four fifths of what is free.
    let room (options: RunOptions) =
        match options.Memory, SystemReport.Memory() with
        | Some bytes, _ -> bytes
        | None, struct (free, _) when free > 0L -> free / 5L * 4L
        | None, _ -> Int64.MaxValue

    /// Trainings in passes through the data, those on the same data together, each within the memory beside what all share.
    let passes options shared data (memory: 'T -> int64) (trainings: 'T list) =
        let room = room options - shared

        let add training passes =
            match passes with
            | pass :: rest when List.sumBy memory (training :: pass) <= room -> (training :: pass) :: rest
            | passes -> [ training ] :: passes

        List.foldBack add (trainings |> List.sortBy data) []

    let private shared (trainings: PlannedStage list) =
        trainings
        |> List.distinctBy (fun planned -> planned.Stage.Needs, planned.Stage.Spec.Train.Shuffle)
        |> List.sumBy _.Cost.SharedBytes

    let trainingPasses options (plan: PlannedStage list) =
        let trainings =
            plan |> List.filter (fun planned -> planned.Stage.Name = "train" && planned.State <> Hit)

        trainings |> passes options (shared trainings) _.Stage.Needs _.Cost.MemoryBytes

    let private memoryOf options (stages: PlannedStage list) =
        if stages.Head.Stage.Name = "train" then
            let passes =
                trainingPasses options stages |> List.map (List.sumBy _.Cost.MemoryBytes)

            List.max (0L :: passes) + shared stages
        else
            stages |> List.map _.Cost.MemoryBytes |> List.max

    /// Memory by kind of stage.
    let private memory options (plan: PlannedStage list) =
        plan |> List.groupBy _.Stage.Name |> List.map (fun (name, stages) -> name, memoryOf options stages)

    /// Time and disk together, and the largest memory at any time.
    let total options plan =
        { Cost.None with
            Seconds = plan |> List.sumBy _.Cost.Seconds
            DiskBytes = plan |> List.sumBy _.Cost.DiskBytes
            MemoryBytes = memory options plan |> List.map snd |> List.fold max 0L
        }

    /// What does not fit this machine, a sentence each.
    let misfits (options: RunOptions) (store: Store) plan =
        let total = total options plan
        let struct (_, installed) = SystemReport.Memory()
        let available = defaultArg options.Memory installed

        let disk = store.FreeBytes

        [
            if total.DiskBytes > disk then
                $"It does not fit: {Amounts.bytes total.DiskBytes} of disk are needed, {Amounts.bytes (total.DiskBytes - disk)} more than are free at {store.Root}; use less text or another --store."
            if available > 0L && total.MemoryBytes > available then
                let hint =
                    if plan |> List.exists (fun planned -> planned.Cost.SharedBytes > 0L) then
                        ", or train.shuffle, which keeps fewer live activations"
                    else
                        ""

                let stage = memory options plan |> List.maxBy snd |> fst

                let change =
                    match stage with
                    | "train" -> "lower sae.size or train.batch"
                    | "extract" -> "lower extract.batchContexts or extract.contextLength"
                    | _ -> "lower extract.contextLength or --threads"

                $"It does not fit: {stage} needs about {Amounts.bytes total.MemoryBytes} of memory, {Amounts.bytes (total.MemoryBytes - available)} more than there are ({Amounts.bytes available}); {change}, or use a smaller model{hint}."
        ]

    /// What is to run, in how many passes, and what it takes, in a sentence.
    let summary options (plan: PlannedStage list) =
        let missing = plan |> List.filter (fun planned -> planned.State <> Hit)
        let total = total options plan

        if missing.IsEmpty then
            $"All {plan.Length} stages are in the store: running again only prints."
        else
            let trainings =
                match trainingPasses options plan with
                | [] -> ""
                | [ pass ] -> $", trainings in one pass ({pass.Length})"
                | passes ->
                    $", trainings in {passes.Length} passes (at most {passes |> List.map _.Length |> List.max} each)"

            $"{missing.Length} of {plan.Length} stages to run{trainings}: about {Amounts.time total.Seconds}, {Amounts.bytes total.DiskBytes} of disk, {Amounts.bytes total.MemoryBytes} of memory (rough)."

    /// The plan as text, for FSI and the command line.
    let describe options (store: Store) (plan: PlannedStage list) =
        let cells (planned: PlannedStage) =
            match planned.Stage.Cells with
            | [ cell ] -> cell
            | cells -> $"{cells.Length} cells"

        let widest = plan |> List.map (cells >> String.length) |> List.fold max 0

        let line (planned: PlannedStage) =
            let cost =
                if planned.State = Hit then
                    ""
                else
                    $"about {Amounts.time planned.Cost.Seconds}, {Amounts.bytes planned.Cost.DiskBytes} disk"

            $"{planned.Stage.Name, -9} {stateName planned.State, -8} {(cells planned).PadRight widest}  {cost, -32} {planned.Reason}"
                .TrimEnd()

        String.concat "\n" (List.map line plan @ [ ""; summary options plan ] @ misfits options store plan)

    /// What a run of an experiment would do, with the store and models of this machine.
    let explain experiment =
        let store = Store.Open None
        let options = RunOptions.Default
        make options (Inputs store.Root) store experiment |> describe options store
