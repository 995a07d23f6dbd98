using MLNet.ZerothOrder.Cli;

return Application.Run(args);
