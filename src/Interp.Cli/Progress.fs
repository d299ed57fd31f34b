/// How far a run is: one line that changes on a terminal, plain lines elsewhere. Always on standard error.
module Interp.Cli.Progress

open System
open System.Collections.Generic
open System.Diagnostics
open Interp

let private interactive = not Console.IsErrorRedirected

/// Characters of a line; 80 where the terminal does not say.
let private width () =
    if interactive && Console.WindowWidth > 1 then
        Console.WindowWidth - 1
    else
        80

/// Lines of the terminal; 24 where it does not say.
let private height () =
    if Console.WindowHeight > 1 then
        Console.WindowHeight
    else
        24

/// A line's part that the terminal shows without wrapping.
let private cut (text: string) =
    text.Substring(0, min text.Length (width ()))

let private clear () =
    if interactive then
        eprintf "\r\x1b[2K"

let private show (text: string) =
    clear ()

    if interactive then
        eprintf "%s" (cut text)
    else
        eprintfn "%s" text

/// Milliseconds between two lines.
let private interval = if interactive then 100L else 15_000L

/// What is being done, how much of how much, how fast, and a few words, on a terminal with a bar and in its width.
let private line title (done': int64) (total: int64) perSecond words =
    let write =
        if interactive then
            ProgressLine.fit (width ())
        else
            ProgressLine.plain

    write
        {
            Title = title
            Share = if total > 0L then float done' / float total else 0.0
            Speed =
                if perSecond > 0.0 then
                    $"{Amounts.count perSecond} tok/s"
                else
                    ""
            Left =
                if perSecond > 0.0 && total > 0L then
                    $"{Amounts.time (float (total - done') / perSecond)} left"
                else
                    ""
            Words = words
        }

/// A function that is told how many tokens of how many are done, from any thread; those done at the first call took no time.
let counter (title: string) =
    let clock = Stopwatch.StartNew()
    let lastPrint = Stopwatch.StartNew()
    let first = ref -1L

    fun (done': int64) (total: int64) ->
        lock clock (fun () ->
            if first.Value < 0L then
                first.Value <- done'

            if done' = total then
                clear ()
            elif lastPrint.ElapsedMilliseconds >= interval then
                lastPrint.Restart()
                let perSecond = float (done' - first.Value) / clock.Elapsed.TotalSeconds
                show (line title done' total perSecond ""))

/// A stage that is running.
[<NoEquality; NoComparison>]
type private Running =
    {
        Stage: Stage
        Title: string
        Clock: Stopwatch
        /// Where the present phase began, and its name.
        mutable Base: int64 * string
        mutable Done: int64
        mutable Total: int64
        mutable Words: string
    }

/// What a terminal shows of a run below its messages; nothing elsewhere.
type private Block() =
    let mutable height = 0

    member _.Erase() =
        if height > 0 then
            eprintf "\r\x1b[%dA\x1b[0J" height
            height <- 0

    member block.Draw(lines: string list) =
        if interactive then
            block.Erase()

            for line in lines do
                eprintfn "%s" (cut line)

            height <- lines.Length

/// A function that is told of a run's events: a terminal shows the grid as it fills; elsewhere each end of a stage is a line, and
/// stages that run side by side share one on how far they are.
let reporter () =
    let running = Dictionary<string, Running>()
    let marks = Dictionary<string, RunGrid.Mark>()
    let block = Block()
    let lastPrint = Stopwatch.StartNew()
    let mutable stages: Stage list = []
    let mutable latest = ""

    let rate (stage: Running) =
        let seconds = stage.Clock.Elapsed.TotalSeconds

        if seconds > 0.0 then
            float (stage.Done - fst stage.Base) / seconds
        else
            0.0

    /// Names of stages in a column.
    let named (stage: Stage) =
        stage.Name.PadRight(stages |> List.map _.Name.Length |> List.fold max 8)

    let state () =
        let active = List.ofSeq running.Values
        let done' = active |> List.sumBy _.Done
        let total = active |> List.sumBy _.Total
        let rates = active |> List.sumBy rate

        let title, words =
            match active with
            | [ stage ] -> stage.Title, stage.Words
            | active ->
                let speaks =
                    match running.TryGetValue latest with
                    | true, state -> state
                    | _ -> active.Head

                let words =
                    if speaks.Words = "" then
                        ""
                    else
                        $"{speaks.Stage.Cells.Head}: {speaks.Words}"

                $"{active.Head.Stage.Name} {active.Length} cells in one pass", words

        line title done' total rates words

    let markOf (stage: Stage) =
        match running.TryGetValue stage.Key, marks.TryGetValue stage.Key with
        | (true, state), _ when state.Total > 0L -> RunGrid.Runs(float state.Done / float state.Total)
        | (true, _), _ -> RunGrid.Runs 0.0
        | _, (true, mark) -> mark
        | _ -> RunGrid.Waits

    let draw () =
        lastPrint.Restart()

        if interactive then
            let rows = max 3 (height () - 4)

            block.Draw(RunGrid.lines stages markOf rows @ (if running.Count > 0 then [ state () ] else []))
        elif running.Count > 0 then
            eprintfn "%s" (state ())

    let say (text: string) =
        block.Erase()
        eprintfn "%s" text

        if interactive then
            draw ()

    let close (stage: Stage) mark text =
        let title = running[stage.Key].Title
        running.Remove stage.Key |> ignore
        marks[stage.Key] <- mark

        if interactive && mark = RunGrid.Done then
            draw ()
        else
            say $"{title}  {text}"

    fun event ->
        lock running (fun () ->
            match event with
            | Planned(all, known) ->
                stages <- all

                for stage in known do
                    if marks.GetValueOrDefault(stage.Key, RunGrid.Elsewhere) = RunGrid.Elsewhere then
                        marks[stage.Key] <- RunGrid.Done

                if known.Length < all.Length && interactive then
                    draw ()
            | Waiting stage ->
                if marks.TryAdd(stage.Key, RunGrid.Elsewhere) then
                    say $"{named stage} {Amounts.cells stage.Cells}  is being made by another process; waiting for it"
            | Started(stage, number, total) ->
                running[stage.Key] <-
                    {
                        Stage = stage
                        Title = $"[{number}/{total}] {named stage} {Amounts.cells stage.Cells}"
                        Clock = Stopwatch.StartNew()
                        Base = 0L, ""
                        Done = 0L
                        Total = 0L
                        Words = ""
                    }

                if interactive then
                    draw ()
            | Advanced(stage, done', total, words) ->
                let state = running[stage.Key]
                let phase = words.Split(' ')[0]

                // A new phase counts from its own beginning.
                if snd state.Base <> phase || done' < fst state.Base then
                    state.Base <- done', phase
                    state.Clock.Restart()

                state.Done <- done'
                state.Total <- total
                state.Words <- words
                latest <- stage.Key

                if lastPrint.ElapsedMilliseconds >= interval then
                    draw ()
            | Warned(stage, message) -> say $"{running[stage.Key].Title}  {message}"
            | RunEvent.Diverged(stage, step, checkpoint) ->
                close
                    stage
                    RunGrid.Diverged
                    $"diverged at step {step}: its last good checkpoint is {checkpoint}; lower train.learningRate"
            | Finished(stage, seconds) -> close stage RunGrid.Done $"done in {Amounts.time seconds}"
            | RunEvent.Failed(stage, message) -> close stage RunGrid.Failed $"failed: {message}")
