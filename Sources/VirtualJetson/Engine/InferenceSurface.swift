import Glibc
public import Policy

/// DNN inference as a small physical model, for one minibatch size b.
///
/// With clocks f (CPU), g (GPU), m (memory) in GHz, times in milliseconds, powers in watts:
/// ```
/// compute = (computeFixed + computePerRequest * b) / g^computeExponent
/// memory  = (memoryFixed + memoryPerRequest * b) / m^memoryExponent
/// launch  = (launchFixed + launchPerRequest * b) / f^launchExponent
/// gpu     = norm_p(norm_q(compute, memory) + floorPerRequest * b, launch)        norm_p(x, y) = (x^p + y^p)^(1/p)
/// ```
/// The power added while the GPU works is (gpuLinearWatts * g + gpuCubicWatts * g^3) * compute / gpu and memoryWatts *
/// memory / gpu. Nothing is loaded ahead, and the number of cores does not matter.
///
/// The coefficients are fitted to the Jetson Orin AGX measurements published with arXiv 2509.20205 (441 power modes and 5
/// minibatch sizes), with the idle power of the training fits. Medians of the absolute error over these 2,205 points:
/// MobileNetV3 time 5.9 %, power 6.9 %; ResNet-50 time 2.9 %, power 5.3 %.
public struct InferenceSurface: WorkloadSurface {
    var computeFixed: Double
    var computePerRequest: Double
    var computeExponent: Double
    var memoryFixed: Double
    var memoryPerRequest: Double
    var memoryExponent: Double
    var floorPerRequest: Double
    var launchFixed: Double
    var launchPerRequest: Double
    var launchExponent: Double
    var launchNorm: Double
    var memoryNorm: Double
    var gpuLinearWatts: Double
    var gpuCubicWatts: Double
    var memoryWatts: Double
    /// Requests of one minibatch.
    var batch: Int

    /// The minibatch sizes that were measured.
    public static let batches = [1, 4, 16, 32, 64]

    /// Inference of MobileNetV3.
    public static func mobileNetV3(batch: Int) -> InferenceSurface {
        InferenceSurface(
            computeFixed: 1.3144, computePerRequest: 1.2834, computeExponent: 1.0152, memoryFixed: 7.1556,
            memoryPerRequest: 3.667, memoryExponent: 0.9032, floorPerRequest: 0.0667, launchFixed: 35.313,
            launchPerRequest: 1.6139, launchExponent: 0.8365, launchNorm: 2.8903, memoryNorm: 2.7402,
            gpuLinearWatts: 16.9444, gpuCubicWatts: 0, memoryWatts: 2.6658, batch: batch)
    }

    /// Inference of ResNet-50.
    public static func resNet50(batch: Int) -> InferenceSurface {
        InferenceSurface(
            computeFixed: 2.9127, computePerRequest: 2.8475, computeExponent: 0.9877, memoryFixed: 5.2307,
            memoryPerRequest: 7.7505, memoryExponent: 0.9567, floorPerRequest: 0.0001, launchFixed: 30.5165,
            launchPerRequest: 1.1722, launchExponent: 0.8556, launchNorm: 2.6683, memoryNorm: 3.0685,
            gpuLinearWatts: 21.0711, gpuCubicWatts: 2.7157, memoryWatts: 2.3915, batch: batch)
    }

    /// Every network at every measured minibatch size, by the name NETWORK-infer-BATCH.
    static let all: [String: any WorkloadSurface] = {
        var surfaces: [String: any WorkloadSurface] = [:]
        for batch in batches {
            surfaces["mobilenetv3-infer-\(batch)"] = mobileNetV3(batch: batch)
            surfaces["resnet50-infer-\(batch)"] = resNet50(batch: batch)
        }
        return surfaces
    }()

    /// The cost by the formulas above; `idle` does not matter.
    public func cost(in mode: PowerMode, idle: DomainPower) -> MinibatchCost {
        // Below this the formulas would divide by zero; no board is that slow.
        let cpuGHz = max(Double(mode.cpuKHz) / 1e6, 0.01)
        let gpuGHz = max(Double(mode.gpuHz) / 1e9, 0.01)
        let emcGHz = max(Double(mode.emcHz) / 1e9, 0.01)
        let requests = Double(batch)
        let compute = (computeFixed + computePerRequest * requests) / pow(gpuGHz, computeExponent)
        let memory = (memoryFixed + memoryPerRequest * requests) / pow(emcGHz, memoryExponent)
        let launch = (launchFixed + launchPerRequest * requests) / pow(cpuGHz, launchExponent)
        let work = Self.norm(compute, memory, memoryNorm) + floorPerRequest * requests
        let gpu = Self.norm(work, launch, launchNorm)
        let computeWatts = gpuLinearWatts * gpuGHz + gpuCubicWatts * gpuGHz * gpuGHz * gpuGHz
        return MinibatchCost(
            gpuMilliseconds: gpu, loaderMilliseconds: 0,
            gpuPower: DomainPower(gpu: computeWatts * compute / gpu, memory: memoryWatts * memory / gpu),
            loaderPower: DomainPower())
    }

    private static func norm(_ left: Double, _ right: Double, _ exponent: Double) -> Double {
        pow(pow(left, exponent) + pow(right, exponent), 1 / exponent)
    }
}
