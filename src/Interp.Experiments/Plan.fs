namespace Interp

open System
open System.Collections.Generic
open Interp.Runtime

/// What a run would find of a stage.
type StageState =
    /// It is in the store.
    | Hit
    /// A stopped run left something to go on from.
    | Partial
    /// It has to be made.
    | Miss

/// A stage with what a run would do about it.
[<NoEquality; NoComparison>]
type PlannedStage =
    {
        /// The stage, with its key and the cells that use it.
        Stage: Stage
        /// What a run would find of it.
        State: StageState
        /// Why it is no hit, in words.
        Reason: string
        /// What keeps a run from it as things are: its text, absent weights, or that it failed before; none where nothing does.
        Problem: string option
        /// Sentences on text that is shorter than was asked for.
        Notes: string list
        /// Time, memory and disk that making it takes; nothing for a hit.
        Cost: Cost
    }

/// What a run would do, and why.
[<RequireQualifiedAccess>]
module Plan =
    /// The stages of an experiment with their states.
    let make (options: RunOptions) (inputs: Inputs) (store: Store) experiment =
        let stages = Stage.ofExperiment inputs experiment
        let known = KnownArtifacts store
        let amounts = Dictionary<string, TextAmount>()

        /// By the extraction, which what comes after it shares.
        let amountOf (stage: Stage) =
            let extraction =
                stage.Needs
                |> List.tryFind (fst >> (=) "extract")
                |> Option.map snd
                |> Option.defaultValue stage.Key

            match inputs.TextProblem stage.Spec with
            | Some problem -> Unusable problem
            | None when not (inputs.HasWeights stage.Spec) || store.Contains "extract" extraction -> Enough
            | None ->
                match amounts.TryGetValue extraction with
                | true, amount -> amount
                | _ ->
                    amounts[extraction] <- ShortText.amount inputs stage.Spec
                    amounts[extraction]

        let plan (stage: Stage) =
            let failure =
                if options.RetryFailed then
                    None
                else
                    store.Failure stage.Name stage.Key

            let isHit = store.Contains stage.Name stage.Key

            let amount = if isHit || failure.IsSome then Enough else amountOf stage

            let textProblem = ShortText.problem amount stage

            let problem =
                if isHit then
                    None
                elif failure.IsSome then
                    Some $"failed before, --retry-failed tries again: {failure.Value}"
                elif textProblem.IsSome then
                    textProblem
                elif not (inputs.HasWeights stage.Spec) then
                    Some $"the weights of {inputs.ModelPath stage.Spec} are not here"
                else
                    None

            let state, reason =
                match problem with
                | Some problem -> Miss, problem
                | None when isHit -> Hit, ""
                | None when store.IsPartial stage.Name stage.Key -> Partial, "stopped before its end; it goes on there"
                | None -> Miss, MissReason.find inputs known stages stage

            {
                Stage = stage
                State = state
                Reason = reason
                Problem = problem
                Notes =
                    match amount with
                    | Counted(_, notes) -> notes
                    | _ -> []
                Cost =
                    if state = Hit || failure.IsSome then
                        Cost.None
                    elif textProblem.IsSome && stage.Spec.Corpus.Source.IsStoredActivations then
                        Cost.None
                    else
                        Cost.ofStage options inputs store stage
            }

        List.map plan stages

    /// What keeps cells from running, each problem once, with those cells.
    let internal problems (plan: PlannedStage list) =
        plan
        |> List.choose (fun planned -> planned.Problem |> Option.map (fun problem -> problem, planned.Stage.Cells))
        |> List.groupBy fst
        |> List.map (fun (problem, found) -> problem, found |> List.collect snd |> List.distinct)

    /// The word that plans have for a state.
    let internal stateName =
        function
        | Hit -> "hit"
        | Partial -> "partial"
        | Miss -> "miss"

    /// Bytes of memory that a run may take: what the options say, or four fifths of what is free.
    let internal room (options: RunOptions) =
        match options.Memory, SystemReport.Memory() with
        | Some bytes, _ -> bytes
        | None, struct (free, _) when free > 0L -> free / 5L * 4L
        | None, _ -> Int64.MaxValue

    /// Trainings in passes through the data, those on the same data together, each within the memory beside what all share.
    let internal passes options shared data (memory: 'T -> int64) (trainings: 'T list) =
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

    /// Trainings that are to run, in the passes through the data in which they do.
    let internal trainingPasses options (plan: PlannedStage list) =
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
    let internal misfits (options: RunOptions) (store: Store) plan =
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
    let internal summary options (plan: PlannedStage list) =
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

            let estimate =
                $"{trainings}: about {Amounts.time total.Seconds}, {Amounts.bytes total.DiskBytes} of disk, {Amounts.bytes total.MemoryBytes} of memory (rough)"

            // Nobody knows what the functions of a script take.
            let what =
                match missing |> List.filter _.Stage.Own.IsSome with
                | [] -> estimate
                | own when own.Length = missing.Length -> ": the experiment's own, of which there is no estimate"
                | own -> $"{estimate}, without the {own.Length} of the experiment's own"

            $"{missing.Length} of {plan.Length} stages to run{what}."

    /// Whether a run would try every cell, and finds the room that it needs.
    let internal canRun options store (plan: PlannedStage list) =
        (problems plan).IsEmpty && (misfits options store plan).IsEmpty

    /// What a run will find wrong, or will do otherwise than it was asked: a sentence each.
    let internal warnings options store (plan: PlannedStage list) =
        [
            for problem, cells in problems plan do
                $"{Amounts.cells cells} cannot run: {problem.TrimEnd '.'}."
            yield! plan |> List.collect _.Notes |> List.distinct
            yield! misfits options store plan
        ]

    /// The plan as text, for FSI and the command line.
    let describe options (store: Store) (plan: PlannedStage list) =
        let widest (part: PlannedStage -> string) =
            plan |> List.map (part >> String.length) |> List.fold max 0

        let name (planned: PlannedStage) = planned.Stage.Name
        let cells (planned: PlannedStage) = Amounts.cells planned.Stage.Cells

        let cost (planned: PlannedStage) =
            if planned.State = Hit then
                ""
            elif planned.Stage.Own.IsSome then
                "no estimate"
            else
                $"about {Amounts.time planned.Cost.Seconds}, {Amounts.bytes planned.Cost.DiskBytes} disk, {Amounts.bytes planned.Cost.MemoryBytes} memory"

        /// What keeps several cells from running stands once below the plan.
        let reason (planned: PlannedStage) =
            if planned.Problem.IsSome then
                "cannot run, see below"
            else
                planned.Reason

        let names, cellNames, costs = widest name, widest cells, widest cost

        let line (planned: PlannedStage) =
            $"{(name planned).PadRight names}  {(stateName planned.State).PadRight 7}  {(cells planned).PadRight cellNames}  {(cost planned).PadRight costs}  {reason planned}"
                .TrimEnd()

        String.concat "\n" (List.map line plan @ [ ""; summary options plan ] @ warnings options store plan)

    /// What a run of an experiment would do, with the store and models of this machine.
    let explain experiment =
        let store = Store.Open None
        let options = RunOptions.Default
        make options (Inputs store.Root) store experiment |> describe options store
