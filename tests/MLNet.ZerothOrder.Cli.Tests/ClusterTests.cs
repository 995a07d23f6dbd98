using System.Diagnostics;
using Shouldly;

namespace MLNet.ZerothOrder.Tests;

/// <summary>What is handed to a cluster: the batch script of Slurm and the Job of Kubernetes. tests/slurm.sh runs the former under a real Slurm.</summary>
public sealed class ClusterTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [SkippableFact]
    public async Task The_batch_script_is_one_that_bash_reads_and_runs_each_shard_with_the_given_command()
    {
        string[] command = _task.Args("attack", "--iterations", "5", "--smoothing", "0.001");
        string script = Zo.Run(["slurm", "submit", "--shards", "8", "--sbatch", "partition=gpu gpus=1", "--dry-run", "--", .. command]).Done().Output;

        script.ShouldStartWith("#!/bin/bash\n#SBATCH --job-name=zo-attack\n#SBATCH --array=1-8\n#SBATCH --requeue\n");
        script.ShouldContain("\n#SBATCH --partition=gpu\n#SBATCH --gpus=1\n");
        Directory.Exists(_task.Out).ShouldBeFalse("a dry run writes nothing");

        // As Slurm runs it for the third task.
        Skip.If(OperatingSystem.IsWindows(), "Windows has no bash.");
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SLURM_ARRAY_TASK_ID"] = "3";
        start.Environment["SLURMD_NODENAME"] = "here";
        using Process process = Process.Start(start)!;
        (await process.Outcome()).Done().Output.ShouldContain("node: here");
        Directory.GetDirectories(Path.Combine(_task.Out, "shards")).Select(Path.GetFileName).ShouldBe(["003-of-008"]);

        // Submitted again, the finished shard is left out.
        Zo.Run(["slurm", "submit", "--shards", "8", "--dry-run", "--", .. command]).Done().Output.ShouldContain("\n#SBATCH --array=1-2,4-8\n");
        Zo.Run(["slurm", "submit", "--shards", "4", "--dry-run", "--", .. command]).Error.ShouldBe($"zo: {_task.Out} holds 8 shards of a run, not 4; give --shards 8, or another --out.{Environment.NewLine}");
    }

    [Theory]
    [InlineData("--shards is missing; write --shards N, the number of tasks.", "slurm", "submit", "--", "attack", "--out", "o")]
    [InlineData("The command to run is missing; give it behind --, such as -- audit --images val --epsilon 4/255 --out OUT.", "slurm", "submit", "--shards", "2")]
    [InlineData("'zo train' has no shards; give one of attack, compare, audit behind --.", "slurm", "submit", "--shards", "2", "--", "train")]
    [InlineData("--shard is added for each task; remove it.", "slurm", "submit", "--shards", "2", "--", "attack", "--out", "o", "--shard", "1/2")]
    [InlineData("The command behind -- needs --out, the output folder that all shards share; add it.", "slurm", "submit", "--shards", "2", "--", "attack")]
    [InlineData("--count is 'x'; give a whole number from 1 to 10000000.", "slurm", "submit", "--shards", "2", "--", "attack", "--out", "o", "--count", "x")]
    [InlineData("--sbatch has 'a;b'; give long options without dashes, their values behind =, such as partition=gpu.", "slurm", "submit", "--shards", "2", "--sbatch", "a;b", "--", "attack", "--out", "o")]
    [InlineData("nowhere holds no job of 'zo slurm submit'; give the --out of its command.", "slurm", "status", "nowhere")]
    [InlineData("--image is missing; write --image IMAGE, the container image of zo.", "kubernetes", "manifest", "--shards", "2", "--", "attack", "--out", "/data/o")]
    [InlineData("--volume is missing; write --volume CLAIM:PATH, such as zo-data:/data.", "kubernetes", "manifest", "--shards", "2", "--image", "zo", "--", "attack", "--out", "/data/o")]
    [InlineData("--volume is 'data'; give a claim and an absolute path, such as zo-data:/data.", "kubernetes", "manifest", "--shards", "2", "--image", "zo", "--volume", "data", "--", "attack", "--out", "/data/o")]
    [InlineData("The output folder /tmp/o is not on the shared volume /data, so its files would be lost with the pod; name one below /data.", "kubernetes", "manifest", "--shards", "2", "--image", "zo", "--volume", "d:/data", "--", "attack", "--out", "/tmp/o")]
    [InlineData("--memory is '8 GB'; give an amount such as 8Gi.", "kubernetes", "manifest", "--shards", "2", "--image", "zo", "--volume", "d:/data", "--memory", "8 GB", "--", "attack", "--out", "/data/o")]
    [InlineData("--name is 'My Job'; give lower-case letters, digits and hyphens, at most 63.", "kubernetes", "manifest", "--shards", "2", "--image", "zo", "--volume", "d:/data", "--name", "My Job", "--", "attack", "--out", "/data/o")]
    [InlineData("--shards is for the command that makes shards, not for 'zo merge'; remove it.", "kubernetes", "manifest", "--shards", "2", "--image", "zo", "--volume", "d:/data", "--", "merge", "/data/o")]
    public void A_job_that_cannot_run_is_refused_with_one_sentence(string message, params string[] args)
    {
        Outcome outcome = Zo.Run(args);
        (outcome.Code, outcome.Error, outcome.Output).ShouldBe((2, $"zo: {message}{Environment.NewLine}", ""));
    }

    [SkippableFact]
    public async Task The_manifest_is_a_Job_by_the_schema_of_Kubernetes()
    {
        string cache = Path.Combine(DocumentationTests.Root, ".cache", "kubernetes-models");
        if (!Directory.Exists(Path.Combine(cache, "node_modules", "js-yaml")))
        {
            Directory.CreateDirectory(cache);
            using Process? install = Started("npm", "install", "--prefix", cache, "--no-audit", "--no-fund", "kubernetes-models@4.5.1", "@kubernetes-models/validate@4.0.0", "js-yaml@4.1.0");
            Skip.If(install is null || (await install.Outcome()).Code != 0, "npm, or its packages kubernetes-models and js-yaml, which hold the schema and read YAML, are missing.");
        }

        string[] job = ["kubernetes", "manifest", "--image", "registry.example/zo:cuda", "--volume", "zo-data:/data"];
        string shards = _task.Text("shards.yaml", Zo.Run([.. job, "--shards", "100", "--parallelism", "20", "--gpus", "1", "--cpu", "500m", "--memory", "8Gi", "--", "audit", "--images", "/data/the \"val\" set", "--epsilon", "4/255", "--out", "/data/audit"]).Done().Output);
        string merge = _task.Text("merge.yaml", Zo.Run([.. job, "--", "merge", "/data/audit"]).Done().Output);
        string check = _task.Text("check.js", """
            const [cache, ...files] = process.argv.slice(2);
            const { createRequire } = require('module');
            const from = createRequire(cache + '/');
            const { Job } = from('kubernetes-models/batch/v1'), yaml = from('js-yaml'), fs = require('fs');
            const jobs = files.map(file => yaml.load(fs.readFileSync(file, 'utf8')));
            jobs.forEach(job => new Job(job).validate());
            // It accepts what it does not know, such as a misspelt name. So some wrong value must be refused in the place of everything.
            function accepts(job, path, value) {
              const changed = structuredClone(job);
              path.slice(0, -1).reduce((at, key) => at[key], changed)[path.at(-1)] = value;
              try { new Job(changed).validate(); return true; } catch { return false; }
            }
            function check(job, value, path) {
              for (const key of Object.keys(value)) {
                const here = [...path, key];
                if ([0, 'x', [], {}, true].every(wrong => accepts(job, here, wrong))) throw new Error('not in the schema: ' + here.join('.'));
                if (value[key] && typeof value[key] === 'object') check(job, value[key], here);
              }
            }
            jobs.forEach(({ apiVersion, kind, ...job }) => {
              if (apiVersion !== 'batch/v1' || kind !== 'Job') throw new Error(apiVersion + ' ' + kind);
              check(job, job, []);
            });
            try { check({ ...jobs[0], spec: { ...jobs[0].spec, completionz: 3 } }, { spec: { completionz: 3 } }, []); throw new Error('completionz is accepted'); }
            catch (e) { if (e.message !== 'not in the schema: spec.completionz') throw e; }
            console.log(JSON.stringify(jobs[0].spec.template.spec.containers[0].args), jobs[0].spec.completions, jobs[0].spec.parallelism, jobs[1].spec.completions);
            """);
        using Process? node = Started("node", check, cache, shards, merge);
        Skip.If(node is null, "node is missing.");

        (await node.Outcome()).Done().Output.Trim().ShouldBe("""["audit","--images","/data/the \"val\" set","--epsilon","4/255","--out","/data/audit","--shard","auto/100"] 100 20 undefined""");
    }

    private static Process? Started(string program, params string[] args)
    {
        try
        {
            return Zo.Start(".", program, args);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
