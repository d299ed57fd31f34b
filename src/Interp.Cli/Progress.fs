/// How far a run is: one line that changes on a terminal, plain lines elsewhere. Always on standard error.
module Interp.Cli.Progress

open System
open System.Diagnostics
open System.Globalization
open Interp

let private interactive = not Console.IsErrorRedirected

let private cellsOf (stage: Stage) =
    match stage.Cells with
    | [ cell ] -> cell
    | cells -> $"{cells.Length} cells"

let private bar (share: float) =
    let width = 24
    let full = int (Math.Round(share * float width))
    String('━', full) + String('╌', width - full)

let private count (value: float) =
    value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ')

/// A function that is told of a run's events.
let reporter () =
    let stageClock = Stopwatch()
    let lastPrint = Stopwatch()
    let mutable title = ""
    let mutable base' = (0L, "")
    let gate = obj ()

    let line done' total (words: string) =
        let start, _ = base'
        let seconds = stageClock.Elapsed.TotalSeconds

        let rate =
            if seconds > 0.0 then
                float (done' - start) / seconds
            else
                0.0

        let share = if total > 0L then float done' / float total else 0.0

        let left =
            if rate > 0.0 && total > 0L then
                $"  {Plan.time (float (total - done') / rate)} left"
            else
                ""

        let rate = if rate > 0.0 then $"  {count rate} tok/s" else ""
        $"{title}  {bar share} {Math.Round(100.0 * share), 3} %%{rate}{left}  {words}"

    let clear () =
        if interactive then
            eprintf "\r\x1b[2K"

    fun event ->
        lock gate (fun () ->
            match event with
            | Started(stage, number, total) ->
                title <- $"[{number}/{total}] {stage.Name, -8} {cellsOf stage}"
                stageClock.Restart()
                lastPrint.Restart()
                base' <- (0L, "")

                if interactive then
                    eprintf "%s" title
            | Advanced(done', total, words) ->
                // A new phase counts from its own beginning.
                if snd base' <> words.Split(' ')[0] || done' < fst base' then
                    base' <- (done', words.Split(' ')[0])
                    stageClock.Restart()

                let pause = if interactive then 100L else 15_000L

                if lastPrint.ElapsedMilliseconds >= pause then
                    lastPrint.Restart()
                    clear ()

                    if interactive then
                        let width = max 40 (Console.WindowWidth - 1)
                        let text = line done' total words

                        eprintf
                            "%s"
                            (if text.Length > width then
                                 text.Substring(0, width)
                             else
                                 text)
                    else
                        eprintfn "%s" (line done' total words)
            | Finished(_, seconds) ->
                clear ()
                eprintfn "%s  done in %s" title (Plan.time seconds)
            | Failed(_, message) ->
                clear ()
                eprintfn "%s  failed: %s" title message)
