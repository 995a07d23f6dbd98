// Interim scalar versions of the numerics; the vectorised ones replace this file.
namespace MLNet.ZerothOrder.Numerics;
public static class CounterRandom { public static void Normals(RandomKey key, Span<float> d){ for(int i=0;i<d.Length;i++){ var k=key.Derive((ulong)i); double u=((k.Value>>11)+0.5)/(1UL<<53); double v=(k.Derive(7).Value>>11)/(double)(1UL<<53); d[i]=(float)(Math.Sqrt(-2*Math.Log(u))*Math.Cos(2*Math.PI*v)); } } }
public static class SimdKernels { 
 public static void Axpy(float a, ReadOnlySpan<float> x, Span<float> y){for(int i=0;i<x.Length;i++)y[i]+=a*x[i];}
 public static void ScaledAdd(ReadOnlySpan<float> x,float a, ReadOnlySpan<float> u, Span<float> y){for(int i=0;i<x.Length;i++)y[i]=x[i]+a*u[i];}
 public static void AddClip(ReadOnlySpan<float> x, ReadOnlySpan<float> u, Span<float> y){for(int i=0;i<x.Length;i++)y[i]=Math.Clamp(x[i]+u[i],0,1);}
 public static void TanhBox(ReadOnlySpan<float> x, Span<float> y){for(int i=0;i<x.Length;i++)y[i]=(MathF.Tanh(x[i])+1)/2;}
 public static double L1Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y){double s=0;for(int i=0;i<x.Length;i++)s+=Math.Abs((double)x[i]-y[i]);return s;}
 public static double L2Distance(ReadOnlySpan<float> x, ReadOnlySpan<float> y){double s=0;for(int i=0;i<x.Length;i++)s+=((double)x[i]-y[i])*((double)x[i]-y[i]);return Math.Sqrt(s);}
 public static double LInfDistance(ReadOnlySpan<float> x, ReadOnlySpan<float> y){double s=0;for(int i=0;i<x.Length;i++)s=Math.Max(s,Math.Abs((double)x[i]-y[i]));return s;}
 public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y){double s=0;for(int i=0;i<x.Length;i++)s+=(double)x[i]*y[i];return s;}
 public static double SumOfSquares(ReadOnlySpan<float> x)=>Dot(x,x);
}
