using System.Text;
using MLNet.ZerothOrder.Cli;

// Documents are UTF-8 everywhere, whatever the encoding of the terminal.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var interrupt = new Interrupt();
return Application.Run(new Session(args, Terminal.OfProcess(), interrupt.Token));
