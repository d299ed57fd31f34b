namespace Interp

open System.Threading
open Interp.Runtime

/// Which stages run when, where several processes may want the same ones.
[<RequireQualifiedAccess>]
module internal StageQueue =
    /// Runs batches of stages that are not in the store. A stage that another process computes is put off, and with nothing else to do
    /// waited for: a process that waits holds no lock, so that none waits for ever, and one that dies is taken over from.
    let run (store: Store) (cancel: CancellationToken) waiting runBatch (batches: Stage list list) =
        let isThere (stage: Stage) = store.Contains stage.Name stage.Key

        let runClaimed (batch: Stage list) =
            let claimed =
                batch
                |> List.filter (not << isThere)
                |> List.map (fun stage -> stage, store.TryLock stage.Name stage.Key)

            try
                // Another process may have completed one just before.
                match
                    claimed |> List.filter (fun (stage, held) -> held.IsSome && not (isThere stage)) |> List.map fst
                with
                | [] -> ()
                | mine -> runBatch mine
            finally
                claimed |> List.iter (snd >> Option.iter _.Dispose())

            claimed |> List.filter (snd >> Option.isNone) |> List.map fst

        let rec rounds (batches: Stage list list) =
            match batches |> List.map runClaimed |> List.filter (not << List.isEmpty) with
            | [] -> ()
            | left ->
                if List.sumBy List.length left = List.sumBy List.length batches then
                    left |> List.concat |> List.iter waiting

                    if cancel.WaitHandle.WaitOne 200 then
                        cancel.ThrowIfCancellationRequested()

                rounds left

        rounds batches

    /// Batches of stages that each use one thread, where there are enough of them for all threads and memory for as many; the others
    /// run one after the other on all threads. The results are the same.
    let sideBySide room (memory: Stage -> int64) stages =
        let threads = Workers.Count

        stages
        |> List.chunkBySize threads
        |> List.collect (fun chunk ->
            if chunk.Length = threads && List.sumBy memory chunk <= room then
                [ chunk ]
            else
                List.map List.singleton chunk)
