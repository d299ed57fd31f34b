// Brings the framework into an editor and into `dotnet fsi`, once ./interp has built it. Under interp itself, nothing is loaded.
#r "../src/Interp.Cli/bin/Release/net10.0/Interp.Core.dll"
#r "../src/Interp.Cli/bin/Release/net10.0/TorchSharp.dll"
#r "../src/Interp.Cli/bin/Release/net10.0/Deedle.dll"
#r "../src/Interp.Cli/bin/Release/net10.0/Interp.Experiments.dll"

// F# Interactive shows frames as tables.
fsi.AddPrinter(fun (frame: Deedle.Internal.IFsiFormattable) -> "\n" + frame.Format())
