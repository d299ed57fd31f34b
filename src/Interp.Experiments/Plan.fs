namespace Interp

open System
open System.Globalization
open System.IO
open Interp.Hooks
open Interp.Runtime

type StageState =
    | Hit
    /// A stopped run left something to go on from.
    | Partial
    | Miss

/// What a stage would need; rough, from counts of floating-point operations and a short measurement of this machine.
type Cost =
    {
        Seconds: float
        DiskBytes: int64
        MemoryBytes: int64
        /// Memory that it shares with the others of its kind.
        SharedBytes: int64
    }

    static member None =
        {
            Seconds = 0.0
            DiskBytes = 0L
            MemoryBytes = 0L
            SharedBytes = 0L
        }

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
    let private show =
        function
        | Canon.Text text -> text
        | Canon.Null -> "none"
        | value -> Canonical.encode value

    let private short (value: Canon) =
        let text = show value

        if text.Length = 64 && text |> Seq.forall Char.IsAsciiHexDigit then
            text.Substring(0, 8)
        else
            text

    /// The first difference to the nearest artifact of the same kind, in words.
    let private reason (store: Store) (stage: Stage) =
        let differences (artifact: Artifact) =
            stage.Inputs
            |> List.choose (fun (name, value) ->
                match List.tryFind (fst >> (=) name) artifact.Inputs with
                | Some(_, before) when before = value -> None
                | Some(_, before) -> Some(name, Some before, value)
                | None -> Some(name, None, value))

        match store.Artifacts stage.Name |> List.map differences |> List.sortBy List.length with
        | [] -> "never run"
        | nearest :: _ ->
            match nearest with
            | (name, Some before, now) :: rest ->
                let more = if rest.IsEmpty then "" else $" (and {rest.Length} more)"

                if name.StartsWith "input." then
                    $"its {name.Substring 6} stage changed{more}"
                else
                    $"{name} changed: {short before} → {short now}{more}"
            | (name, None, _) :: _ -> $"{name} is new"
            | [] -> "its artifact is gone"

    /// Dense multiply-adds per second of all threads, measured once.
    let private rate = lazy Throughput.MultiplyAdds()

    /// Bytes of a training: parameters, gradients and moments, the batch, and room.
    let trainingMemory (inputs: Inputs) (spec: Spec) =
        let width = int64 (inputs.Config spec).Width
        let latents = int64 (Validation.latents (int width) spec)
        20L * 2L * width * latents + int64 spec.Train.Batch * width * 24L + (1L <<< 24)

    let private hooks (spec: Spec) =
        spec.Extract.Hook :: Option.toList spec.Extract.Target

    /// Bytes of the training activations that a live run keeps in memory.
    let private liveBytes (spec: Spec) (width: int64) =
        TrainingTokens.rowsKept spec (int64 (Stage.trainingText spec))
        * width
        * 4L
        * int64 (hooks spec).Length

    let private cost (options: RunOptions) (inputs: Inputs) (stage: Stage) =
        let spec = stage.Spec
        let config = inputs.Config spec
        let width, block = int64 config.Width, config.BlockParameterCount
        let latents = int64 (Validation.latents config.Width spec)
        let hooks = hooks spec

        let layers =
            hooks |> List.map (fun hook -> int64 (HookPoint.Parse(hook).Layer + 1)) |> List.max

        let element =
            if spec.Precision = "bfloat16" then 2L
            elif spec.Precision = "float64" then 8L
            else 4L

        let heldOut = int64 (Stage.heldOutText spec)
        let rows = int64 (Stage.trainingText spec) + heldOut
        let head = int64 config.VocabularySize * width
        let upper = (int64 config.LayerCount - layers) * block + head
        let loss = int64 spec.Evaluate.LossTokens
        let rate = rate.Value
        let seconds operations = float operations / rate
        let model layers = (layers * block + 2L * head) * element

        match stage.Name with
        | "extract" ->
            {
                Seconds = seconds (rows * layers * block)
                DiskBytes = (if options.Live then heldOut else rows) * (width * 4L + 12L) * int64 hooks.Length
                MemoryBytes = model layers + (1L <<< 29)
                SharedBytes = 0L
            }
        | "baseline" ->
            {
                Seconds = seconds (4L * loss * upper)
                DiskBytes = 1000L
                MemoryBytes = model (int64 config.LayerCount) + (1L <<< 29)
                SharedBytes = 0L
            }
        | "train" ->
            let tokens = int64 spec.Corpus.TrainTokens * int64 spec.Train.Passes

            {
                Seconds = 2.5 * seconds (tokens * width * latents)
                DiskBytes = 8L * width * latents
                MemoryBytes = trainingMemory inputs spec
                SharedBytes =
                    if options.Live then
                        liveBytes spec width + model layers
                    else
                        0L
            }
        | _ ->
            {
                Seconds = seconds (2L * loss * upper + heldOut * width * latents)
                DiskBytes = 10_000L
                MemoryBytes = model (int64 config.LayerCount) + 8L * width * latents + (1L <<< 29)
                SharedBytes = 0L
            }

    /// The stages of an experiment with their states.
    let make (options: RunOptions) (inputs: Inputs) (store: Store) experiment =
        Stage.ofExperiment inputs experiment
        |> List.map (fun stage ->
            let state, reason =
                if store.Contains stage.Name stage.Key then
                    Hit, ""
                elif not (inputs.HasWeights stage.Spec) then
                    Miss, $"the weights of {inputs.ModelPath stage.Spec} are not here"
                elif not (inputs.HasText stage.Spec) then
                    Miss, "its text is not here"
                elif store.IsPartial stage.Name stage.Key then
                    Partial, "stopped before its end; it goes on there"
                else
                    Miss, reason store stage

            {
                Stage = stage
                State = state
                Reason = reason
                Cost = if state = Hit then Cost.None else cost options inputs stage
            })

    let stateName =
        function
        | Hit -> "hit"
        | Partial -> "partial"
        | Miss -> "miss"

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

    /// Trainings in passes through the data, those on the same data together, each within four fifths of this machine's memory.
    let passes data (memory: 'T -> int64) (trainings: 'T list) =
        let struct (_, available) = SystemReport.Memory()

        let room =
            if available > 0L then
                available / 5L * 4L
            else
                Int64.MaxValue

        let add training passes =
            match passes with
            | pass :: rest when List.sumBy memory (training :: pass) <= room -> (training :: pass) :: rest
            | passes -> [ training ] :: passes

        List.foldBack add (trainings |> List.sortBy data) []

    let private trainingPasses (plan: PlannedStage list) =
        plan
        |> List.filter (fun planned -> planned.Stage.Name = "train" && planned.State <> Hit)
        |> passes _.Stage.Needs _.Cost.MemoryBytes

    let private memoryOf (stages: PlannedStage list) =
        let own =
            if stages.Head.Stage.Name = "train" then
                0L :: (trainingPasses stages |> List.map (List.sumBy _.Cost.MemoryBytes))
            else
                stages |> List.map _.Cost.MemoryBytes

        List.max own + (stages |> List.map _.Cost.SharedBytes |> List.max)

    /// Time and disk together, and the largest memory at any time.
    let total plan =
        { Cost.None with
            Seconds = plan |> List.sumBy _.Cost.Seconds
            DiskBytes = plan |> List.sumBy _.Cost.DiskBytes
            MemoryBytes =
                if List.isEmpty plan then
                    0L
                else
                    plan |> List.groupBy _.Stage.Name |> List.map (snd >> memoryOf) |> List.max
        }

    /// What does not fit this machine, a sentence each.
    let misfits (store: Store) plan =
        let total = total plan
        let struct (_, memory) = SystemReport.Memory()

        let disk =
            let rec existing (folder: string) =
                if Directory.Exists folder then
                    folder
                else
                    match Path.GetDirectoryName folder with
                    | null -> "/"
                    | parent -> existing parent

            DriveInfo(existing store.Root).AvailableFreeSpace

        [
            if total.DiskBytes > disk then
                $"It does not fit: {bytes total.DiskBytes} of disk are needed, {bytes disk} are free at {store.Root}; use less text or another --store."
            if memory > 0L && total.MemoryBytes > memory then
                $"It does not fit: a stage needs about {bytes total.MemoryBytes} of memory, this machine has {bytes memory}; use a smaller dictionary or model."
        ]

    /// The plan as text, for FSI and the command line.
    let describe (store: Store) (plan: PlannedStage list) =
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
                    $"about {time planned.Cost.Seconds}, {bytes planned.Cost.DiskBytes} disk"

            $"{planned.Stage.Name, -9} {stateName planned.State, -8} {(cells planned).PadRight widest}  {cost, -32} {planned.Reason}"
                .TrimEnd()

        let missing = plan |> List.filter (fun planned -> planned.State <> Hit)
        let total = total plan

        let summary =
            if missing.IsEmpty then
                $"All {plan.Length} stages are in the store: running again only prints."
            else
                let trainings =
                    match trainingPasses plan with
                    | [] -> ""
                    | [ pass ] -> $", trainings in one pass ({pass.Length})"
                    | passes ->
                        $", trainings in {passes.Length} passes (at most {passes |> List.map _.Length |> List.max} each)"

                $"{missing.Length} of {plan.Length} stages to run{trainings}: about {time total.Seconds}, {bytes total.DiskBytes} of disk, {bytes total.MemoryBytes} of memory (rough)."

        String.concat "\n" (List.map line plan @ [ ""; summary ] @ misfits store plan)

    /// What a run of an experiment would do, with the store and models of this machine.
    let explain experiment =
        let store = Store.Open None
        make RunOptions.Default (Inputs store.Root) store experiment |> describe store
