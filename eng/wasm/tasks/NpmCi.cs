using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Runs <c>npm ci --ignore-scripts</c> unless its stamp is newer than the lock file. Builds that run
/// at the same time, in one process or several, wait for each other on a file lock.
/// </summary>
public sealed class NpmCi : Task
{
    private const string Arguments = "ci --ignore-scripts --no-audit --no-fund";
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMinutes(5);

    [Required]
    public string Folder { get; set; }

    public override bool Execute()
    {
        var folder = Path.GetFullPath(Folder);
        var stamp = Path.Combine(folder, "node_modules", ".package-lock.json");
        Directory.CreateDirectory(Path.Combine(folder, "obj"));
        using (Lock(Path.Combine(folder, "obj", "npm.lock")))
        {
            var isCurrent = File.Exists(stamp) &&
                File.GetLastWriteTimeUtc(stamp) >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json"));
            if (!isCurrent && Run(folder))
            {
                File.SetLastWriteTimeUtc(stamp, DateTime.UtcNow);
            }
        }

        return !Log.HasLoggedErrors;
    }

    private static FileStream Lock(string path)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited.Elapsed < LockTimeout)
            {
                Thread.Sleep(100);
            }
        }
    }

    private bool Run(string folder)
    {
        // npm is a script (npm.cmd) on Windows, which only a shell can start.
        var windows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);
        var start = new ProcessStartInfo(windows ? "cmd.exe" : "npm", windows ? "/c npm " + Arguments : Arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        Log.LogMessage(MessageImportance.High, "npm {0} ({1})", Arguments, folder);
        string problem;
        try
        {
            using (var npm = Process.Start(start))
            {
                var output = npm.StandardOutput.ReadToEndAsync();
                problem = npm.StandardError.ReadToEnd() + output.Result;
                npm.WaitForExit();
                if (npm.ExitCode == 0)
                {
                    return true;
                }
            }
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            problem = exception.Message;
        }

        Log.LogError(
            "The two assemblies that Blazor WebAssembly needs are missing, and npm could not bring them. " +
            "Install Node.js 20 or newer, then run `npm ci --ignore-scripts` in {0}. npm said: {1}", folder, problem.Trim());
        return false;
    }
}
