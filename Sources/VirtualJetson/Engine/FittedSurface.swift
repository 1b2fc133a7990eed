import Glibc
public import Policy

/// A DNN training workload as a small physical model.
///
/// With cores c and clocks f, g, m in GHz, times in milliseconds, powers in watts:
/// ```
/// loader  = loaderWork / ((c - busyCores)^parallelism * f^loaderExponent) + loaderFloor
/// compute = gpuWork / g^gpuExponent             memory = memoryWork / m^memoryExponent      launch = launchWork / f
/// gpu     = norm_p(norm_q(compute, memory) + gpuFloor, launch)        norm_p(a, b) = (a^p + b^p)^(1/p)
/// ```
/// A minibatch takes max(loader, gpu). While the GPU works, its power is the compute power for the part compute / gpu of the
/// time, and so for memory and for the thread that launches.
///
/// The coefficients are fitted to the Jetson Orin AGX measurements published with arXiv 2509.20205 and arXiv 2407.13944
/// (4,368 power modes, minibatch 16). Medians of the absolute error over these modes: ResNet-18 time 1.7 %, power 1.9 %;
/// MobileNetV3 time 1.7 %, power 1.6 % (means 3.8 and 2.6 %, 3.9 and 2.1 %).
public struct FittedSurface: WorkloadSurface {
    var loaderWork: Double
    var busyCores: Double
    var parallelism: Double
    var loaderExponent: Double
    var loaderFloor: Double
    var gpuWork: Double
    var gpuExponent: Double
    var gpuFloor: Double
    var memoryWork: Double
    var memoryExponent: Double
    var launchWork: Double
    var launchNorm: Double
    var memoryNorm: Double
    /// Watts of computing at 1 GHz: the part linear in g and the part that goes with its cube.
    var gpuLinearWatts: Double
    var gpuCubicWatts: Double
    var memoryWatts: Double
    /// Watts of the launching thread, times f cubed.
    var launchWatts: Double
    /// Watts of loading, times f.
    var loaderWatts: Double

    /// Training of ResNet-18 on ImageNet, minibatch 16.
    public static let resNet18Training = FittedSurface(
        loaderWork: 508.1455, busyCores: 0.4474, parallelism: 1.5451, loaderExponent: 1.359, loaderFloor: 37.2806,
        gpuWork: 52.3939, gpuExponent: 1.0051, gpuFloor: 4.8641, memoryWork: 127.7354, memoryExponent: 0.9885,
        launchWork: 47.3338, launchNorm: 2.8976, memoryNorm: 2.4782, gpuLinearWatts: 20.0485, gpuCubicWatts: 3.9139,
        memoryWatts: 1.7113, launchWatts: 1.0155, loaderWatts: 0.5)

    /// Training of MobileNetV3 on GLD23k, minibatch 16.
    public static let mobileNetV3Training = FittedSurface(
        loaderWork: 168.2262, busyCores: 1.722, parallelism: 0.6444, loaderExponent: 1.4167, loaderFloor: 77.746,
        gpuWork: 82.8341, gpuExponent: 1.0213, gpuFloor: 12.9696, memoryWork: 171.6, memoryExponent: 0.9883,
        launchWork: 126.8102, launchNorm: 3.54, memoryNorm: 2.0116, gpuLinearWatts: 15.6771, gpuCubicWatts: 2.8752,
        memoryWatts: 1.816, launchWatts: 0.5825, loaderWatts: 0.5)

    /// The cost by the formulas above; `idle` does not matter.
    public func cost(in mode: PowerMode, idle: DomainPower) -> MinibatchCost {
        // Below this the formulas would divide by zero; no board is that slow.
        let cpuGHz = max(Double(mode.cpuKHz) / 1e6, 0.01)
        let gpuGHz = max(Double(mode.gpuHz) / 1e9, 0.01)
        let emcGHz = max(Double(mode.emcHz) / 1e9, 0.01)
        let workers = pow(max(Double(mode.cores) - busyCores, 0.05), parallelism)
        let loader = loaderWork / (workers * pow(cpuGHz, loaderExponent)) + loaderFloor
        let compute = gpuWork / pow(gpuGHz, gpuExponent)
        let memory = memoryWork / pow(emcGHz, memoryExponent)
        let launch = launchWork / cpuGHz
        let gpu = Self.norm(Self.norm(compute, memory, memoryNorm) + gpuFloor, launch, launchNorm)
        let computeWatts = gpuLinearWatts * gpuGHz + gpuCubicWatts * gpuGHz * gpuGHz * gpuGHz
        return MinibatchCost(
            gpuMilliseconds: gpu, loaderMilliseconds: loader,
            gpuPower: DomainPower(
                gpu: computeWatts * compute / gpu, cpu: launchWatts * cpuGHz * cpuGHz * cpuGHz * launch / gpu,
                memory: memoryWatts * memory / gpu),
            loaderPower: DomainPower(cpu: loaderWatts * cpuGHz))
    }

    private static func norm(_ left: Double, _ right: Double, _ exponent: Double) -> Double {
        pow(pow(left, exponent) + pow(right, exponent), 1 / exponent)
    }
}
