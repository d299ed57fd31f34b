/// A file that a command was told to write.
module Interp.Cli.OutputFile

open System.IO
open Interp.Formats
open Interp.Runtime

/// What --force does, for the help of every command that has it.
let forceUsage = "write over a file that is there."

/// Refuses a name that is taken, unless the command was told to write over it.
let refuseTaken force (path: string) =
    if File.Exists path && not force then
        raise (InterpException $"{path} is there already; give another name, or --force to write over it.")

/// Writes text to a file that must not be there yet, unless the command was told to write over it.
let write force path text =
    refuseTaken force path
    AtomicFile.WriteText(path, text)
