namespace Interp
